// The documentation site: the packages' public entries, the guides, the error list and the decisions.
import { OptionDefaults } from 'typedoc';

const links = { disableGit: true, sourceLinkTemplate: '{path}#L{line}' };
const validation = { notExported: false, invalidLink: true };
// Node's own classes, whose documentation is Node's.
const externalSymbolLinkMappings = { '@types/node': { '*': 'https://nodejs.org/api/' } };

export default {
  name: 'Kubewright',
  entryPointStrategy: 'packages',
  entryPoints: ['packages/*'],
  out: 'docs/site',
  readme: 'README.md',
  projectDocuments: [
    'docs/guides/*.md',
    'docs/errors.md',
    'docs/extension-points.md',
    'docs/architecture/*.md',
    'docs/recipes/*.md',
    'docs/decisions/*.md',
    'ARCHITECTURE.md',
    'CONTRIBUTING.md',
  ],
  highlightLanguages: [...OptionDefaults.highlightLanguages, 'mermaid'],
  hideGenerator: true,
  includeVersion: true,
  treatWarningsAsErrors: true,
  ...links,
  externalSymbolLinkMappings,
  validation,
  packageOptions: {
    ...links,
    externalSymbolLinkMappings,
    // A package with further entries lists them in a typedoc.json of its own.
    entryPoints: ['src/index.ts'],
    excludeInternal: true,
    excludePrivate: true,
    // protoc-gen-es marks what it generates with a tag of its own.
    blockTags: [...OptionDefaults.blockTags, '@generated'],
    excludeTags: [...OptionDefaults.excludeTags, '@generated'],
    validation,
  },
};
