import type { ColorChoice, Listing, Publishing, ResourceName } from '../session/stap-options.ts';
import type { OptionDraft } from './option-draft.ts';
import type { OptionId } from './option-table.ts';
import {
  addVerbosity,
  addVerbosityDigits,
  checkSafety,
  parseAssignment,
  parseBufferSize,
  parseDecimal,
  parseLimit,
  parseModuleName,
  parseMonitorInterval,
  parsePass,
  parseRotation,
  parseTimeout,
} from './option-value.ts';
import { parseCollector, parseDashboardAddress, parseMetricsAddress } from './publishing-value.ts';
import { UsageError } from './usage-error.ts';
import { compareVersions } from '../parse/version-order.ts';
import { SYSTEMTAP_VERSION } from '../session/compile/systemtap-version.ts';

/** What reading an option does to the draft. `argument` is '' for options without one. */
export type OptionAction = (draft: OptionDraft, argument: string, note: (line: string) => void) => void;

const nothing: OptionAction = () => undefined;

/** Every option that has an effect on a session, by name; `option-table.ts` lists them all. */
export function optionAction(id: OptionId): OptionAction {
  return id in ACTIONS ? ACTIONS[id as keyof typeof ACTIONS] : nothing;
}

const ACTIONS = {
  pass: (draft, argument) => {
    draft.lastPass = parsePass(argument);
    draft.passGiven = true;
  },
  verbose: (draft) => (draft.verbosity = addVerbosity(draft.verbosity, () => 1)),
  'verbose-passes': (draft, argument) => (draft.verbosity = addVerbosityDigits(draft.verbosity, argument)),
  unoptimized: (draft) => (draft.unoptimized = true),
  'no-warnings': (draft) => (draft.suppressWarnings = true),
  strict: (draft) => (draft.warningsAsErrors = true),
  guru: (draft) => (draft.guru = true),
  timing: (draft) => (draft.timing = true),
  'buffer-size': (draft, argument) => (draft.bufferSizeMb = parseBufferSize(argument)),
  include: (draft, argument) => (draft.includeDirectories = [...draft.includeDirectories, argument]),
  define: (draft, argument) => {
    draft.definitions = [...draft.definitions, parseAssignment(checkSafety('-D', argument))];
  },
  modinfo: (_draft, argument) => checkSafety('--modinfo', argument),
  global: (draft, argument) => {
    draft.globals = [...draft.globals, parseAssignment(checkSafety('-G', argument))];
  },
  kernel: (draft, argument) => (draft.kernelRelease = argument),
  architecture: (draft, argument) => (draft.architecture = checkSafety('-a', argument)),
  'module-name': (draft, argument, note) => (draft.moduleName = parseModuleName(argument, note)),
  'procfs-root': (draft, argument) => {
    if (argument === '') throw new UsageError('Directory (--procfs-root) cannot be empty.');
    draft.procfsRoot = argument;
  },
  procfs: (draft, argument) => {
    if (argument !== 'fuse' && argument !== 'fifo' && argument !== 'auto')
      throw new UsageError(`Invalid argument '${argument}' for --procfs: give fuse, fifo or auto.`);
    draft.procfsMethod = argument;
  },
  'procfs-group': (draft, argument) => {
    if (argument === '') throw new UsageError('Group (--procfs-group) cannot be empty.');
    draft.procfsGroup = argument;
  },
  output: (draft, argument) => (draft.outputFile = argument),
  rotate: (draft, argument) => (draft.outputRotation = parseRotation(argument)),
  script: (draft, argument) => {
    if (draft.scriptGiven) throw new UsageError('Only one script can be given on the command line.');
    draft.script = { kind: 'text', text: argument };
    draft.scriptGiven = true;
  },
  'additional-script': (draft, argument) => {
    draft.additionalScripts = [...draft.additionalScripts, argument];
  },
  command: (draft, argument) => {
    if (argument === '') throw new UsageError('Empty CMD string invalid.');
    draft.command = argument;
  },
  target: (draft, argument) => {
    const pid = parseDecimal(argument);
    if (Number.isNaN(pid)) throw new UsageError('Invalid target process ID number.');
    draft.targetPid = pid;
  },
  timeout: (draft, argument) => (draft.timeoutMs = parseTimeout(argument)),
  'flight-recorder': (draft) => (draft.flightRecorder = true),
  list: (draft, argument) => setListing(draft, { kind: 'probes', pattern: argument, variables: false }),
  'list-variables': (draft, argument) =>
    setListing(draft, { kind: 'probes', pattern: argument, variables: true }),
  'dump-probe-types': (draft) => setListing(draft, { kind: 'probe-types' }),
  'dump-probe-aliases': (draft) => setListing(draft, { kind: 'probe-aliases' }),
  'dump-functions': (draft) => setListing(draft, { kind: 'functions' }),
  object: (_draft, argument) => {
    if (argument === '') throw new UsageError('Data object (-d) cannot be empty.');
  },
  'skip-badvars': (draft) => (draft.skipBadVariables = true),
  unprivileged: (draft) => setPrivilege(draft, 'stapusr'),
  privilege: (draft, argument) => setPrivilege(draft, argument),
  compatible: (draft, argument) => {
    if (compareVersions(argument, SYSTEMTAP_VERSION) > 0)
      throw new UsageError(
        `ERROR: systemtap version ${SYSTEMTAP_VERSION} cannot be compatible with future version ${argument}`,
      );
    draft.compatible = argument;
  },
  keep: (draft) => (draft.scriptCache = 'off'),
  'disable-cache': (draft) => (draft.scriptCache = 'off'),
  'poison-cache': (draft) => {
    if (draft.scriptCache === 'on') draft.scriptCache = 'poisoned';
  },
  'check-version': (draft) => (draft.checkVersion = true),
  'suppress-handler-errors': (draft) => (draft.suppressHandlerErrors = true),
  diagnostics: (draft, argument) => {
    if (argument !== 'text' && argument !== 'json')
      throw new UsageError(`Invalid argument '${argument}' for --diagnostics: give text or json.`);
    draft.diagnosticsFormat = argument;
    draft.diagnosticsGiven = true;
  },
  'output-format': (draft, argument) => {
    if (argument !== 'text' && argument !== 'json')
      throw new UsageError(`Invalid argument '${argument}' for --output: give text or json.`);
    draft.outputFormat = argument;
  },
  'json-files': (draft) => (draft.jsonFiles = true),
  color: (draft, argument) => (draft.color = parseColor(argument)),
  'prologue-searching': (_draft, argument) => {
    if (!['', 'always', 'auto', 'never'].includes(argument))
      throw new UsageError(`Invalid argument '${argument}' for --prologue-searching.`);
  },
  'target-namespaces': (_draft, argument) => {
    if (!(parseDecimal(argument) >= 1))
      throw new UsageError('Invalid process ID number for target namespaces.');
  },
  monitor: (draft, argument) => (draft.monitorIntervalMs = parseMonitorInterval(argument)),
  metrics: (draft, argument) => publish(draft, { metrics: parseMetricsAddress(argument) }),
  dashboard: (draft, argument) => publish(draft, { dashboard: parseDashboardAddress(argument) }),
  otlp: (draft, argument) => publish(draft, { otlp: parseCollector(argument) }),
  'token-file': (draft, argument) => {
    if (argument === '') throw new UsageError('Token file (--token-file) cannot be empty.');
    publish(draft, { tokenFile: Buffer.from(argument, 'latin1').toString() });
  },
  'read-only': (draft) => publish(draft, { readOnly: true }),
  runtime: (_draft, argument) => checkRuntime(argument),
  dyninst: () => checkRuntime('dyninst'),
  bpf: () => checkRuntime('bpf'),
  'rlimit-as': (draft, argument) => addLimit(draft, 'as', argument),
  'rlimit-cpu': (draft, argument) => addLimit(draft, 'cpu', argument),
  'rlimit-nproc': (draft, argument) => addLimit(draft, 'nproc', argument),
  'rlimit-stack': (draft, argument) => addLimit(draft, 'stack', argument),
  'rlimit-fsize': (draft, argument) => addLimit(draft, 'fsize', argument),
  'suppress-time-limits': (draft) => {
    if (!draft.guru) throw new UsageError('ERROR --suppress-time-limits requires guru mode (-g)');
    draft.suppressTimeLimits = true;
  },
  example: (draft) => (draft.example = true),
  'no-global-var-display': (draft) => (draft.globalDisplay = false),
  'semantic-keep-going': (draft) => (draft.keepGoing = true),
} as const satisfies Partial<Record<OptionId, OptionAction>>;

function publish(draft: OptionDraft, more: Partial<Publishing>): void {
  draft.publishing = { ...draft.publishing, ...more };
}

function setListing(draft: OptionDraft, listing: Listing): void {
  if (draft.listing !== undefined)
    throw new UsageError('ERROR: only one of the -l/-L/--dump-* switches may be specified');
  draft.listing = listing;
}

function setPrivilege(draft: OptionDraft, level: string): void {
  if (level !== 'stapusr' && level !== 'stapsys' && level !== 'stapdev')
    throw new UsageError(`Invalid argument '${level}' for --privilege.`);
  if (draft.privilege !== undefined && draft.privilege !== level)
    throw new UsageError('Privilege level may be set only once.');
  draft.privilege = level;
}

function parseColor(argument: string): ColorChoice {
  switch (argument) {
    case '':
      return 'always';
    case 'always':
    case 'auto':
    case 'never':
      return argument;
    default:
      throw new UsageError(`Invalid argument '${argument}' for --color.`);
  }
}

function checkRuntime(mode: string): void {
  if (mode === 'kernel') return;
  if (mode !== 'dyninst' && mode !== 'bpf')
    throw new UsageError(`ERROR: ${mode} is an invalid argument for --runtime`);
  throw new UsageError(
    `ERROR: --runtime=${mode} unavailable; this build lacks ${mode.toUpperCase()} feature`,
    'version',
  );
}

function addLimit(draft: OptionDraft, resource: ResourceName, argument: string): void {
  draft.resourceLimits = [...draft.resourceLimits, { resource, value: parseLimit(resource, argument) }];
}
