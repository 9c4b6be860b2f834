/**
 * Import directions of the project. One rule per layer: what it must not import.
 * scripts/check-boundaries.mjs runs these rules, checks that every module under src was seen and that each rule
 * still reports a planted violation.
 */
/** Tests, and what only tests use. */
const TEST = '\\.test\\.ts$|/testing/';

/** Compiler layers from low to high; a layer may import its own and lower levels only. */
const LEVELS = [
  ['source', 'int64', 'module', 'elf', 'btf'],
  ['diagnostic', 'ast'],
  ['parse', 'tapset'],
  ['probes'],
  ['semantic'],
  ['translate', 'bpf'],
];
/** Above the compiler: they may import all of it. */
const UPPER = ['session', 'cli'];
/** What publishes running modules, from other processes than theirs, from low to high. */
const PUBLISHING = ['observe', 'metrics', 'web', 'dashboard', 'exporter', 'companion'];
/** What surrounds a running module and knows no compiler either. */
const SURROUNDINGS = ['registry', 'control', 'stapmod', 'fifo', 'monitor'];

const folders = (names) => `^src/(${names.join('|')})/`;

const directionRules = LEVELS.map((level, index) => ({
  name: `${level.join('-')}-imports-nothing-higher`,
  comment: 'Data flows text -> parse -> semantic -> translate; a stage never knows the next one.',
  severity: 'error',
  from: { path: folders(level), pathNot: TEST },
  to: { path: folders([...LEVELS.slice(index + 1).flat(), 'procfs', 'fuse', ...SURROUNDINGS, ...UPPER]) },
}));

const COMPILER = ['source', 'diagnostic', 'ast', 'parse', 'tapset', 'probes', 'semantic', 'translate'];

module.exports = {
  forbidden: [
    ...directionRules,
    {
      name: 'runtime-knows-no-compiler',
      comment: 'A compiled script runs without the compiler; the run time also runs in a browser.',
      severity: 'error',
      from: { path: folders(['runtime']), pathNot: TEST },
      to: { path: folders([...COMPILER, 'procfs', 'fuse', ...SURROUNDINGS, ...UPPER]) },
    },
    {
      name: 'fuse-knows-no-stap',
      comment: 'The kernel protocol knows nothing of scripts, handlers or pseudo files.',
      severity: 'error',
      from: { path: folders(['fuse']), pathNot: TEST },
      to: { path: folders([...COMPILER, 'runtime', 'procfs', ...SURROUNDINGS, ...UPPER]) },
    },
    {
      name: 'procfs-knows-no-compiler',
      comment: 'The file tree gets its handlers passed in.',
      severity: 'error',
      from: { path: folders(['procfs']), pathNot: TEST },
      to: { path: folders([...COMPILER, ...SURROUNDINGS, ...UPPER]) },
    },
    {
      name: 'surroundings-know-no-compiler',
      comment: 'A compiled module is started, listed, attached to and watched without the compiler.',
      severity: 'error',
      from: { path: folders(SURROUNDINGS), pathNot: TEST },
      to: { path: folders([...COMPILER, ...UPPER]) },
    },
    {
      name: 'handlers-know-no-publishing',
      comment:
        'The process of the handlers serves nothing over a network: it starts a companion, and that only.',
      severity: 'error',
      from: {
        path: folders([
          ...COMPILER,
          'int64',
          'module',
          'runtime',
          'procfs',
          'fuse',
          ...SURROUNDINGS,
          'session',
        ]),
        pathNot: TEST,
      },
      to: {
        path: folders(PUBLISHING),
        pathNot: '^src/companion/companion-(channel|process)\\.ts$',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'web-knows-no-stap',
      comment: 'A server with its checks and limits is the same whatever it serves.',
      severity: 'error',
      from: { path: folders(['web']), pathNot: TEST },
      to: { path: '^src/(?!web/)' },
    },
    {
      name: 'observe-asks-over-the-socket',
      comment: 'What is known of a module is what any other program could know.',
      severity: 'error',
      from: { path: folders(['observe']), pathNot: TEST },
      to: {
        path: folders([
          ...COMPILER,
          ...UPPER,
          'runtime',
          'metrics',
          'web',
          'dashboard',
          'exporter',
          'companion',
        ]),
      },
    },
    {
      name: 'metrics-are-a-function-of-a-description',
      comment:
        'From a description to families and text nothing is asked of the machine; only the push to a collector is.',
      severity: 'error',
      from: { path: '^src/metrics/(?!otlp\\.ts$)', pathNot: TEST },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'metrics-know-no-server',
      comment: 'Who serves or pushes them is not their business.',
      severity: 'error',
      from: { path: folders(['metrics']), pathNot: TEST },
      to: { path: folders([...COMPILER, ...UPPER, 'web', 'dashboard', 'exporter', 'companion', 'observe']) },
    },
    {
      name: 'dashboard-gets-the-compiler-passed-in',
      comment: 'The API knows running modules by their observers; what a reload needs is passed in.',
      severity: 'error',
      from: { path: '^src/dashboard/(?!page/)', pathNot: TEST },
      to: { path: [folders([...COMPILER, ...UPPER, 'exporter']), '^src/dashboard/page/'] },
    },
    {
      name: 'page-knows-the-api-only',
      comment: 'The page runs in a browser: of the program it knows the types of the HTTP interface.',
      severity: 'error',
      from: { path: '^src/dashboard/page/', pathNot: TEST },
      to: { path: '^src/(?!dashboard/(page/|api\\.ts$))', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'page-knows-no-node',
      comment: 'The page runs in a browser.',
      severity: 'error',
      from: { path: '^src/dashboard/page/', pathNot: TEST },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'companion-and-exporter-know-no-command-line',
      comment: 'Commands are front ends over them; how a script is compiled again is passed in.',
      severity: 'error',
      from: { path: folders(['companion', 'exporter']), pathNot: TEST },
      to: { path: folders([...COMPILER, 'cli']) },
    },
    {
      name: 'loader-knows-no-compiler',
      comment: 'A compiled module brings its kernel programs along; who loads them needs no script.',
      severity: 'error',
      from: { path: '^src/bpf/loader/', pathNot: TEST },
      to: { path: [folders([...COMPILER, ...SURROUNDINGS, ...UPPER]), '^src/bpf/plan/'] },
    },
    {
      name: 'symbols-know-no-program',
      comment: 'Facts about the kernel and about programs are the same for every script.',
      severity: 'error',
      from: { path: '^src/symbols/', pathNot: TEST },
      to: {
        path: folders(['parse', 'tapset', 'semantic', 'translate', ...SURROUNDINGS, ...UPPER]),
      },
    },
    {
      name: 'bpf-gets-the-kernel-passed-in',
      comment: 'Making programs for the kernel is pure; only the loader calls it.',
      severity: 'error',
      from: { path: '^src/bpf/(?!loader/)', pathNot: TEST },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'session-knows-no-command-line',
      comment: 'Commands are front ends over the session.',
      severity: 'error',
      from: { path: folders(['session']), pathNot: TEST },
      to: { path: folders(['cli']) },
    },
    {
      name: 'session-ports-know-no-session',
      comment: 'Clock, files, signals and streams are the same whatever a session does with them.',
      severity: 'error',
      from: { path: '^src/session/ports/', pathNot: TEST },
      to: { path: '^src/session/(?!ports/)' },
    },
    {
      name: 'session-compile-runs-nothing',
      comment: 'Passes 1 to 4 give a module; who runs it, and where its output goes, is not their business.',
      severity: 'error',
      from: { path: '^src/session/compile/', pathNot: TEST },
      to: { path: '^src/session/(run|files|output|detach)/' },
    },
    {
      name: 'node-only-at-the-edges',
      comment: 'Everything from source to translate, and the run time, gets the outside world passed in.',
      severity: 'error',
      from: { path: folders([...COMPILER, 'int64', 'module', 'elf', 'btf', 'runtime']), pathNot: TEST },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'testing-only-for-tests',
      comment: 'What helps tests may break the rules above; the program must not depend on it.',
      severity: 'error',
      from: { path: '^src/', pathNot: TEST },
      to: { path: '/testing/' },
    },
    {
      name: 'no-cycles',
      comment:
        'A cycle of values makes the order of initialisation matter; cycles of types alone are harmless.',
      severity: 'error',
      from: { pathNot: TEST },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-unresolved-import',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
