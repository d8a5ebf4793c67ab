/** The house as DESIGN.md §2 draws it: who may import whom, and where each library stays. */
export const FLOORS = ['core', 'policy', 'lookup', 'exchange']
const SIBLINGS = ['storage', 'intake', 'mesh', 'http', 'replica', 'console', 'telemetry', 'mirror']
/** Of a node's composition. */
const PARTS = [
  'config.ts',
  'yaml-file.ts',
  'folder.ts',
  'lifecycle.ts',
  'policy-source.ts',
  'federation',
  'background.ts',
  'setting.ts',
  'surroundings.ts',
]
/** Files that an operator may change while a node runs. */
const FILES = ['core', 'storage', 'config.ts', 'yaml-file.ts', 'lifecycle.ts', 'watched-file.ts']
/** What a part of src may import of ours besides itself (DESIGN.md §2). */
export const STAR: Readonly<Record<string, readonly string[]>> = {
  core: [],
  policy: ['core'],
  lookup: ['core', 'policy'],
  exchange: ['core'],
  ...Object.fromEntries(SIBLINGS.map((sibling) => [sibling, FLOORS])),
  'setting.ts': ['core'],
  'yaml-file.ts': ['core', 'policy'],
  'watched-file.ts': ['core'],
  'config.ts': ['core', 'setting.ts', 'yaml-file.ts'],
  'node20.ts': [],
  'lifecycle.ts': ['core', 'storage', 'yaml-file.ts'],
  'policy-source.ts': [...FILES, 'policy'],
  federation: [...FILES, 'setting.ts'],
  'folder.ts': [...FLOORS, ...SIBLINGS, 'config.ts', 'federation', 'lifecycle.ts'],
  'offline.ts': [...FLOORS, ...SIBLINGS, 'federation', 'config.ts', 'folder.ts', 'lifecycle.ts'],
  'shipped-lists.ts': ['core'],
  'background.ts': [],
  'surroundings.ts': ['core', 'storage'],
  'stopped-folder.ts': [...FILES, 'federation', 'setting.ts', 'surroundings.ts'],
  'dialects.ts': ['core', 'http', 'config.ts', 'setting.ts'],
  'list-files.ts': ['core', 'http', 'storage', 'config.ts'],
  'node-watch.ts': [...FLOORS, ...SIBLINGS, ...PARTS, 'setting.ts'],
  'node-api.ts': [
    ...[...FLOORS, ...SIBLINGS, ...PARTS],
    ...['dialects.ts', 'list-files.ts', 'node-watch.ts'],
  ],
  'node.ts': [...FLOORS, ...SIBLINGS, ...PARTS, 'node-api.ts', 'shipped-lists.ts'],
  'edge.ts': [
    ...[...FLOORS, ...SIBLINGS, 'config.ts', 'dialects.ts', 'lifecycle.ts'],
    'background.ts',
  ],
  cli: [
    'exchange',
    'core',
    'node.ts',
    'offline.ts',
    'stopped-folder.ts',
    'edge.ts',
    'config.ts',
    'yaml-file.ts',
    'federation',
    'background.ts',
  ],
  'main.ts': ['cli', 'node20.ts'],
}
export const partOf = (path: string): string => path.split('/')[1]!

/** Where a library may be imported: each behind one folder, so that it can be replaced there. */
export const LIBRARIES: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^(?:libp2p$|@libp2p\/|@chainsafe\/|@multiformats\/|multiformats)/, ['src/mesh/']],
  [/^(?:level|classic-level|abstract-level)$/, ['src/storage/']],
  [/^(?:fastify|typebox|@fastify\/)/, ['src/http/']],
  [/^commander$/, ['src/cli/']],
  [/^@redis\//, ['src/mirror/']],
  [/^(?:pino|prom-client)$/, ['src/telemetry/']],
  [/^yaml$/, ['src/yaml-file.ts', 'src/cli/']],
  [/^(?:@noble\/ed25519|tr46|tldts|ipaddr\.js)$/, ['src/core/']],
  [/^uint8arrays$/, ['src/core/', 'src/mesh/']],
  [/^disposable-email-domains/, ['src/cli/']],
  [/^(?:preact|uplot)/, ['src/console/']],
]
