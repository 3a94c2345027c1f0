import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

/** How a plugin is called. */
export interface Plugin {
  /** The executable. */
  readonly executable: string;
  /** Its configuration, a file. */
  readonly config: string;
  /** Where it finds others. */
  readonly path: string;
  /** The namespace that is the machine's for it. */
  readonly machine: string;
}

/**
 * Calls a plugin once per pod and prints the milliseconds of each call, or of all together, from outside of this process:
 * starting children from Node would cost more than what is measured. All values arrive as words, none as code.
 */
const script = `
set -u
plugin=$1 config=$2 mode=$3
export CNI_COMMAND=$4 CNI_PATH=$5 CNI_IFNAME=eth0 CNI_CONTAINERID CNI_NETNS
shift 5
failed=0 number=0 children=()
since() { printf '%s.%03d\\n' $(( (\${EPOCHREALTIME/./} - $1) / 1000 )) $(( (\${EPOCHREALTIME/./} - $1) % 1000 )); }
begin=\${EPOCHREALTIME/./}
for CNI_NETNS in "$@"; do
  CNI_CONTAINERID=bench$number
  number=$((number + 1))
  if [ "$mode" = together ]; then
    "$plugin" < "$config" >&2 &
    children+=($!)
  else
    start=\${EPOCHREALTIME/./}
    "$plugin" < "$config" >&2 || failed=1
    since "$start"
  fi
done
for child in "\${children[@]}"; do wait "$child" || failed=1; done
if [ "$mode" = together ]; then since "$begin"; fi
exit "$failed"
`;

/** Milliseconds of each call, one after the other. */
export function oneByOne(plugin: Plugin, verb: 'ADD' | 'DEL', pods: readonly string[]): Promise<number[]> {
  return run(plugin, 'alone', verb, pods);
}

/** Calls per second when all are started at once. */
export async function together(plugin: Plugin, verb: 'ADD' | 'DEL', pods: readonly string[]): Promise<number> {
  const [milliseconds = Number.NaN] = await run(plugin, 'together', verb, pods);
  return (pods.length * 1000) / milliseconds;
}

async function run(plugin: Plugin, mode: string, verb: string, pods: readonly string[]): Promise<number[]> {
  const { executable, config, path, machine } = plugin;
  const words = [`--net=${machine}`, 'bash', '-c', script, 'harness', executable, config, mode, verb, path, ...pods];
  const child = spawn('nsenter', words, { stdio: ['ignore', 'pipe', 'pipe'] });
  const [output, said, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', resolve);
    }),
  ]);
  if (code !== 0) throw new Error(`${verb} of ${executable} failed: ${said.trim()}`);
  return output.trim().split('\n').map(Number);
}
