// Writes each package's public API report, packages/NAME/etc/ENTRY.api.md; `--check` fails when one would change.
import { existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Extractor, ExtractorConfig } from '@microsoft/api-extractor';

const root = fileURLToPath(new URL('../..', import.meta.url));
const check = process.argv.includes('--check');
let stale = 0;

for (const folder of readdirSync(join(root, 'packages'))) {
  const home = join(root, 'packages', folder);
  if (!existsSync(join(home, 'package.json'))) continue;
  const manifest = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'));
  mkdirSync(join(home, 'etc'), { recursive: true });
  for (const [entry, conditions] of Object.entries(manifest.exports ?? {})) {
    // The generated types of the built-in kinds are Kubernetes' interface, not ours to report.
    if (typeof conditions !== 'object' || /generated/.test(conditions.types ?? '')) continue;
    const types = join(home, conditions.types);
    if (!existsSync(types)) continue;
    const name = entry === '.' ? folder : `${folder}.${entry.slice(2).replaceAll('/', '.')}`;
    const config = ExtractorConfig.prepare({
      configObjectFullPath: join(home, 'api-extractor.json'),
      packageJsonFullPath: join(home, 'package.json'),
      configObject: {
        projectFolder: home,
        mainEntryPointFilePath: types,
        compiler: {
          overrideTsconfig: {
            compilerOptions: {
              module: 'nodenext',
              target: 'es2023',
              lib: ['es2023', 'esnext.disposable'],
              types: ['node'],
              skipLibCheck: true,
            },
          },
        },
        apiReport: {
          enabled: true,
          reportFolder: join(home, 'etc'),
          reportTempFolder: join(home, 'dist', '.api'),
          reportFileName: `${name}.api.md`,
        },
        docModel: { enabled: false },
        dtsRollup: { enabled: false },
        messages: {
          extractorMessageReporting: { default: { logLevel: 'none' } },
          tsdocMessageReporting: { default: { logLevel: 'none' } },
          compilerMessageReporting: { default: { logLevel: 'none' } },
        },
      },
    });
    const result = Extractor.invoke(config, {
      localBuild: !check,
      showVerboseMessages: false,
      messageCallback: (message) => (message.handled = true),
    });
    if (result.apiReportChanged) {
      stale++;
      process.stderr.write(`${check ? 'stale' : 'written'}: packages/${folder}/etc/${name}.api.md\n`);
    }
  }
}
if (check && stale > 0) process.exit(1);
