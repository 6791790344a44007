/**
 * The one-way rule of ARCHITECTURE.md: an import may only point up this file. Tests may import what they test with.
 * `node scripts/check.mjs layers` runs it.
 */
const TEST = '\\.test\\.ts$';

/** Everything of ours that a folder could import. */
const OURS = '^(src|workers|relay|node|bench|tests|scripts|contracts-abi|contracts)/';

/** A folder and what it may import besides itself. */
const PURE = ['core', 'protocol', 'dataset', 'model', 'privacy', 'masking', 'aggregation', 'evaluation', 'economy'];
const src = (...names) => names.map((name) => `src/${name}/`);

const MAY_IMPORT = {
  // Flow order: each imports only those before it.
  ...Object.fromEntries([...PURE, 'training'].map((name, i) => [`src/${name}/`, src(...PURE.slice(0, i))])),
  // Money knows nothing of models.
  'src/economy/': src('core', 'protocol'),
  // Adapters never import each other.
  'src/storage/': src('core', 'protocol'),
  'src/network/': src('core', 'protocol'),
  'src/threads/': src('core', 'protocol'),
  'src/chain/': [...src('core', 'protocol'), 'contracts-abi/'],
  // A participant's life gets its adapters and its trainer as arguments.
  'src/session/': src(...PURE),
  'workers/': src(...PURE, 'training', 'threads', 'storage', 'network', 'chain', 'session'),
  'relay/': [
    ...src('core', 'protocol', 'dataset', 'model', 'masking', 'aggregation', 'evaluation'),
    ...src('chain', 'network'),
    'contracts-abi/',
  ],
  'node/': [
    ...src(...PURE, 'training', 'threads', 'storage', 'network', 'chain', 'session'),
    'relay/',
    'contracts-abi/',
  ],
  'bench/': [
    'workers/',
    ...src(...PURE, 'training', 'storage', 'network', 'chain', 'session'),
    'relay/',
    'node/',
    'contracts-abi/',
  ],
  'scripts/': [],
};

const layerRules = Object.entries(MAY_IMPORT).map(([folder, allowed]) => ({
  name: `layer-${folder.replaceAll('/', ' ').trim().replaceAll(' ', '-')}`,
  severity: 'error',
  comment: `${folder} may import only: ${allowed.join(' ') || 'itself'}`,
  from: { path: `^${folder}`, pathNot: TEST },
  to: { path: OURS, pathNot: [folder, ...allowed].map((path) => `^${path}`) },
}));

const PURE_FOLDERS = `^src/(${PURE.join('|')})/`;

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...layerRules,
    {
      name: 'ui-enters-by-the-bridge',
      severity: 'error',
      comment: 'src/ui runs only its own code, words of core and protocol, workers/bridge.ts and chain (the wallet)',
      from: { path: '^src/ui/', pathNot: TEST },
      to: {
        path: OURS,
        pathNot: ['^src/(ui|core|protocol|chain)/', '^workers/bridge\\.ts$'],
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'ui-takes-few-types',
      severity: 'error',
      comment: 'of the rest, src/ui knows the types of dataset, session and workers/api only',
      from: { path: '^src/ui/', pathNot: TEST },
      to: { path: OURS, pathNot: ['^src/(ui|core|protocol|chain|dataset|session)/', '^workers/(bridge\\.ts$|api/)'] },
    },
    {
      name: 'tfjs-only-in-training',
      severity: 'error',
      comment: 'only src/training imports tfjs; a worker may name the address of its wasm binary',
      from: { path: '^(src|workers|relay|node)/', pathNot: ['^src/training/', TEST] },
      to: { path: '(^|node_modules/)@tensorflow/', pathNot: '\\.wasm(\\?url)?$' },
    },
    {
      name: 'pure-has-no-host',
      severity: 'error',
      comment: 'pure folders run unchanged in a tab, a worker, the relay and Node: no host API, no adapter library',
      from: { path: PURE_FOLDERS, pathNot: TEST },
      to: { path: '(^|node_modules/)(idb|viem|wagmi|@wagmi|svelte|comlink|lmdb|ws|hono|@hono)(/|$)' },
    },
    {
      name: 'node-api-only-in-node',
      severity: 'error',
      comment: 'what runs in a tab imports no Node API (src/storage/files.ts is the one file that is for Node)',
      from: { path: '^(src|workers)/', pathNot: ['^src/storage/files\\.ts$', TEST] },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      comment: 'two modules that import each other are one module',
      from: {},
      to: { circular: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|\\.cache|contracts/out)/' },
    // Type imports count: a type from below the line is an arrow down as well.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
      extensions: ['.ts', '.mjs', '.js', '.svelte', '.json', '.d.ts'],
    },
  },
};
