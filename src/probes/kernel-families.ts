import type { ProbeFamily } from './probe-family.ts';
import { unsupportedFamily } from './unsupported-family.ts';

/** Appends each suffix to each start; an empty suffix is the start itself. */
function points(starts: readonly string[], suffixes: readonly string[]): readonly string[] {
  return starts.flatMap((start) => suffixes.map((suffix) => (suffix === '' ? start : `${start}.${suffix}`)));
}

/** Function and statement points that debugging information gives; the same for kernel, modules and programs. */
const FUNCTION_POINTS = [
  ...points(['function(number)', 'function(string)'], ['', 'call', 'exported', 'return']),
  ...points(
    ['function(string)'],
    [
      'callee(string)',
      'callee(string).call',
      'callee(string).return',
      'callees',
      'callees(number)',
      'inline',
      'label(string)',
    ],
  ),
  ...points(['statement(number)', 'statement(string)'], ['', 'nearest']),
];
const MAXACTIVE_POINTS = ['function(number)', 'function(string)'].map(
  (point) => `${point}.return.maxactive(number)`,
);
const MARKER_POINTS = [
  'mark(string)',
  'provider(string).mark(string)',
  ...points(['plt', 'plt(string)'], ['', 'return']),
];
const THREAD_POINTS = ['begin', 'end', 'syscall', 'syscall.return', 'thread.begin', 'thread.end'];

/** Kernel probes of SystemTap (stapprobes(3stap)): functions, tracepoints, watchpoints, netfilter, perf. */
const KERNEL_PATTERNS = [
  ...points(
    ['kernel.data(number)', 'kernel.data(number).length(number)', 'kernel.data(string)'],
    ['rw', 'write'],
  ),
  ...points(['kernel', 'module(string)'], [...FUNCTION_POINTS, ...MAXACTIVE_POINTS]),
  ...points(['kernel'], ['mark(string)', 'mark(string).format(string)', 'statement(number).absolute']),
  ...points(
    ['kprobe.function(string)', 'kprobe.module(string).function(string)'],
    ['', 'call', 'return', 'return.maxactive(number)'],
  ),
  'kprobe.statement(number).absolute',
  ...points(
    ['netfilter.hook(string).pf(string)', 'netfilter.pf(string).hook(string)'],
    ['', 'priority(string)'],
  ),
  ...points(
    ['perf.type(number).config(number)'],
    [
      '',
      'counter(string)',
      'hz(number)',
      'process',
      'process(string)',
      'process(string).counter(string)',
      'sample(number)',
    ],
  ),
  ...points(['process(number)', 'process(string)'], ['insn', 'insn.block']),
];

/** Process probes, which `--privilege=stapusr` may use on its own processes. */
const PROCESS_PATTERNS = [
  ...points(
    ['process', 'process(number)', 'process(string)'],
    [...FUNCTION_POINTS, ...MARKER_POINTS, ...THREAD_POINTS],
  ),
  ...points(
    ['process.library(string)', 'process(string).library(string)'],
    [...FUNCTION_POINTS, ...MARKER_POINTS],
  ),
  ...points(['process(number).statement(number).absolute'], ['', 'return']),
];

/** All families of SystemTap that fire in the kernel or in traced programs. */
export const KERNEL_FAMILIES: readonly ProbeFamily[] = [
  unsupportedFamily('kernel', KERNEL_PATTERNS, false),
  unsupportedFamily('process', PROCESS_PATTERNS, true),
];

/** Answers for everything below the names of `KERNEL_ALIAS_NAMES`. */
export const KERNEL_ALIAS_FAMILY: ProbeFamily = unsupportedFamily('kernel alias', [], true);

/**
 * Names below which SystemTap's own library has only aliases of kernel and process probes (tapset::syscall(3stap)
 * and its neighbours): known, so that a script using them is told what is missing and not that it is misspelled.
 */
export const KERNEL_ALIAS_NAMES: readonly string[] = [
  '__dw_syscall __nd1_syscall __nd2_syscall __nfs __nfsd __syscall __tcpmib __tp_syscall __vfs',
  '_linuxmib _nfs _sunrpc _vfs dw_kprocess generic ipmib linuxmib nd1_syscall nd2_syscall',
  'netdev netfilter.arp netfilter.bridge netfilter.ip netfilter.ipv4 netfilter.ipv6 nfs nfsd',
  'python scsi socket stap staprun sunrpc tcp tcpmib tp_kprocess tty vfs',
].flatMap((line) => line.split(' '));
