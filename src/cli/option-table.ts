import { spellingOf, type DocumentedOption } from './option-spelling.ts';

/**
 * What stap-ts does with an option: it `works`; it is `accepted` and a warning says why it has no effect; or it
 * is `refused` with the reason. Nothing is ever ignored without a word.
 */
export type OptionSupport =
  | { readonly kind: 'works' }
  | { readonly kind: 'accepted'; readonly reason: string }
  | { readonly kind: 'refused'; readonly reason: string };

/** One option of the command line; `stap --help` does not show one without help. */
export interface OptionEntry extends DocumentedOption {
  readonly support: OptionSupport;
}

const works: OptionSupport = { kind: 'works' };
const accepted = (reason: string): OptionSupport => ({ kind: 'accepted', reason });
const refused = (reason: string): OptionSupport => ({ kind: 'refused', reason });

const notBuilt = accepted('no kernel module is compiled, so it has no effect');
const noDebuginfo = accepted('debugging information is not used, so it has no effect');
const noTemporaries = accepted('no temporary directory is made, so it has no effect');
const noServer = refused('compile servers are not supported; scripts are compiled on this machine');

/**
 * Every option of stap(1): name for the program, spelling, support, help lines. The one place that says which
 * options exist; `command-line.ts` says what each does. Order: as in `stap --help`, which is also the order in
 * which an ambiguous long option is answered.
 */
const ROWS = [
  ['help', '-h --help', works, 'show this help'],
  ['version', '-V --version', works, 'show the version'],
  [
    'pass',
    '-p NUM',
    works,
    'stop after pass NUM, 1-5 instead of 5',
    '(parse, analyse, translate, load, run)',
  ],
  ['verbose', '-v', works, 'more messages about every pass'],
  ['verbose-passes', '--vp {N}+', works, 'more messages about single passes, one digit each'],
  ['keep', '-k', noTemporaries],
  ['unoptimized', '-u', works, 'do not optimise the script'],
  ['no-warnings', '-w', works, 'suppress warnings'],
  ['strict', '-W', works, 'turn warnings into errors'],
  ['guru', '-g', works, 'guru mode'],
  ['prologue', '-P', noDebuginfo],
  ['bulk', '-b', accepted('all handlers run on one thread, so there is one output stream')],
  ['buffer-size', '-s NUM', works, 'keep up to NUM megabytes of output while nobody reads it'],
  ['include', '-I DIR', works, 'look in DIR for further library scripts'],
  ['define', '-D NM=VAL', works, 'set a limit such as MAXSTRINGLEN'],
  ['kbuild', '-B NM=VAL', notBuilt],
  ['modinfo', '--modinfo NM=VAL', notBuilt],
  ['global', '-G VAR=VAL', works, 'start with VAL in the global variable VAR'],
  ['runtime-directory', '-R DIR', notBuilt],
  ['kernel', '-r RELEASE', works, 'kernel release that kernel_v and kernel_vr stand for'],
  ['architecture', '-a ARCH', works, 'architecture that arch stands for'],
  ['module-name', '-m MODULE', works, 'set the module name, which names the directory of files'],
  ['procfs-root', '--procfs-root DIR', works, 'make that directory in DIR'],
  ['procfs', '--procfs METHOD', works, 'serve files by METHOD: fuse, fifo, or auto for whichever works'],
  ['procfs-group', '--procfs-group GROUP', works, 'let GROUP read what their owner may read'],
  ['output', '-o FILE', works, 'send script output to FILE, which may hold strftime(3)', 'formats'],
  ['script', '-e SCRIPT', works, 'run SCRIPT'],
  ['additional-script', '-E SCRIPT', works, 'run SCRIPT in addition to the main script'],
  ['command', '-c CMD', works, 'start the probes, run CMD, end when it ends'],
  ['target', '-x PID', works, 'set target() to PID'],
  [
    'flight-recorder',
    '-F',
    works,
    'run in the background; staprun -A reads the output,',
    'which is kept in memory, or goes to the file of -o',
  ],
  ['rotate', '-S SIZE[,N]', works, 'after SIZE megabytes go on in the next file, keep N files'],
  ['object', '-d OBJECT', noDebuginfo],
  ['ldd', '--ldd', noDebuginfo],
  ['all-modules', '--all-modules', noDebuginfo],
  ['timing', '-t', works, 'report how long probes took'],
  ['timeout', '-T SECONDS', works, 'end the script after SECONDS'],
  ['coverage', '-q', accepted('no coverage database is kept')],
  ['list', '-l PROBE', works, 'list matching probe points'],
  ['list-variables', '-L PROBE', works, 'list matching probe points and their variables'],
  ['interactive', '-i --interactive', refused('the interactive mode is not supported')],
  ['skip-badvars', '--skip-badvars', works, 'replace bad context variables by 0'],
  ['unprivileged', '--unprivileged', works, 'same as --privilege=stapusr'],
  ['client-options', '--client-options', noServer],
  ['disable-cache', '--disable-cache', works, 'neither use nor fill the script cache'],
  ['poison-cache', '--poison-cache', works, 'compile again, put the result into the script cache'],
  [
    'clean-cache',
    '--clean-cache',
    works,
    'remove the oldest entries until the cache is within its limit, and stop',
  ],
  ['compatible', '--compatible VERSION', works, 'treat the script as SystemTap VERSION does'],
  ['use-server', '--use-server [SPEC]', noServer],
  ['list-servers', '--list-servers [SPEC]', noServer],
  ['trust-servers', '--trust-servers [SPEC]', noServer],
  ['use-server-on-error', '--use-server-on-error [WHEN]', accepted('compile servers are not supported')],
  ['use-http-server', '--use-http-server SPEC', noServer],
  ['privilege', '--privilege LEVEL', works, 'allow only what LEVEL may do: stapusr, stapsys, stapdev'],
  ['remote', '--remote URL', refused('running on other machines is not supported')],
  ['remote-prefix', '--remote-prefix', accepted('there is no remote output, so it has no effect')],
  ['check-version', '--check-version', accepted('no construct is reported as depending on the version')],
  ['tmpdir', '--tmpdir NAME', noTemporaries],
  ['download-debuginfo', '--download-debuginfo [WHEN]', noDebuginfo],
  ['dump-probe-types', '--dump-probe-types', works, 'list the kinds of probe points'],
  ['dump-probe-aliases', '--dump-probe-aliases', works, 'list the probe aliases of the library'],
  ['dump-functions', '--dump-functions', works, 'list the functions of the library'],
  [
    'suppress-handler-errors',
    '--suppress-handler-errors',
    works,
    'count errors in handlers, say nothing, go on',
  ],
  ['sign-module', '--sign-module [OPTIONS]', notBuilt],
  [
    'diagnostics',
    '--diagnostics FORMAT',
    works,
    'how errors and warnings of a script are told: text, or json, one object a line',
  ],
  [
    'output-format',
    '--output FORMAT',
    works,
    'how output and messages of the run are told: text, or json, one object',
    'a line; json is also the format of --diagnostics then',
  ],
  ['json-files', '--json-files', works, 'add the file .globals.json, which tells all globals'],
  ['color', '--color --colour [WHEN]', works, 'colour messages: always, auto, never'],
  ['prologue-searching', '--prologue-searching [WHEN]', noDebuginfo],
  ['save-uprobes', '--save-uprobes', notBuilt],
  ['target-namespaces', '--target-namespaces PID', accepted('process numbers are those stap itself sees')],
  [
    'monitor',
    '--monitor [SECONDS]',
    works,
    'show globals and probes live, every second or every',
    'SECONDS, and add files that tell and steer them',
  ],
  [
    'metrics',
    '--metrics [ADDR:PORT]',
    works,
    'serve globals and probes as metrics for Prometheus, at 127.0.0.1:9901',
    'or ADDR:PORT; without a script those of all modules that run',
  ],
  [
    'dashboard',
    '--dashboard [ADDR:PORT]',
    works,
    'serve a page that shows and steers the script, at 127.0.0.1:9902',
    'or ADDR:PORT; without a script one for all modules that run',
  ],
  ['otlp', '--otlp URL', works, 'push metrics to the OpenTelemetry collector at URL'],
  ['token-file', '--token-file FILE', works, 'who asks a server must know the token in FILE'],
  ['read-only', '--read-only', works, 'the dashboard shows and changes nothing'],
  ['runtime', '--runtime MODE', works, 'only kernel is possible, and means this run time'],
  ['dyninst', '--dyninst', works],
  ['bpf', '--bpf', works],
  ['rlimit-as', '--rlimit-as NUM', works, 'limit the address space to NUM bytes'],
  ['rlimit-cpu', '--rlimit-cpu NUM', works, 'limit the processor time to NUM seconds'],
  ['rlimit-nproc', '--rlimit-nproc NUM', works, 'limit the number of processes'],
  ['rlimit-stack', '--rlimit-stack NUM', works, 'limit the stack to NUM bytes'],
  ['rlimit-fsize', '--rlimit-fsize NUM', works, 'limit the size of files to NUM bytes'],
  ['sysroot', '--sysroot DIR', notBuilt],
  ['sysenv', '--sysenv VAR=VAL', notBuilt],
  ['suppress-time-limits', '--suppress-time-limits', works, 'let handlers run for ever; needs -g before it'],
  ['example', '--example', works, 'FILE is the name of an example script'],
  ['no-global-var-display', '--no-global-var-display', works, 'do not print unread globals at the end'],
  ['semantic-keep-going', '--semantic-keep-going', works, 'list the errors of pass 2 for programs'],
  ['language-server', '--language-server', refused('the language server is not supported')],
  ['build-as', '--build-as [USER]', notBuilt],
  ['debug', '--debug', notBuilt],
  ['benchmark-sdt', '--benchmark-sdt', notBuilt],
  ['benchmark-sdt-loops', '--benchmark-sdt-loops NUM', notBuilt],
  ['benchmark-sdt-threads', '--benchmark-sdt-threads NUM', notBuilt],
] as const satisfies readonly (readonly [string, string, OptionSupport, ...string[]])[];

/** Name by which the rest of the program refers to an option. */
export type OptionId = (typeof ROWS)[number][0];

/** The options of stap(1), in help order. Made on demand: a table at module level would be state. */
export function stapOptions(): readonly (OptionEntry & { readonly id: OptionId })[] {
  return ROWS.map(([id, usage, support, ...help]) => ({ id, usage, support, help, ...spellingOf(usage) }));
}
