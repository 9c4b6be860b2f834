import type { KernelProgram } from '../../module/kernel-part.ts';
import { BPF_COMMAND, newAttributes, writeObjectName } from './attributes.ts';
import { errorNumberName, failedCall } from './error-number.ts';
import { KernelProbeError } from './kernel-probe-error.ts';
import type { BpfMap } from './maps.ts';
import type { LoaderSystemCalls } from './system-calls.ts';
import { explainRefusal } from './verifier-log.ts';

/** BPF_PROG_TYPE_*. */
const PROGRAM_TYPE: Readonly<Record<KernelProgram['type'], number>> = {
  kprobe: 2,
  'perf-event': 7,
  'raw-tracepoint': 17,
  tracing: 26,
  iterator: 26,
};
/** BPF_TRACE_*. */
const EXPECTED_ATTACH = { tracepoint: 23, fentry: 24, fexit: 25, iterator: 28 } as const;
const BPF_TRACE_UPROBE_MULTI = 48;
const BPF_TRACE_KPROBE_MULTI = 42;
const BPF_F_SLEEPABLE = 1 << 4;
/** Helpers that read memory are there only for programs under a licence compatible with the kernel's. */
const LICENSE = Buffer.from('Dual MIT/GPL\0', 'latin1');
const INSTRUCTION_BYTES = 8;
const LOG_BYTES = 1 << 20;
/** Source register of a 64-bit load whose constant is a map, or the address of a value in it. */
const CONSTANT_SOURCE = { map: 1, 'map-value': 2 } as const;
const LOAD_CONSTANT = 0x18;
const E2BIG = 7;
const EACCES = 13;
const EINVAL = 22;

/**
 * Loads a program; the descriptor returned keeps it. `maps` by index, as relocations name them. Where the kernel has no
 * uprobe_multi, `isMulti` of the program must be off; `isFor` kernel-functions: it will be attached to many of them at
 * once. Throws `KernelProbeError`: when the verifier refuses it, with the
 * place in the script and what the verifier says.
 */
export function loadProgram(
  calls: LoaderSystemCalls,
  program: KernelProgram,
  maps: readonly BpfMap[],
  isFor: 'sites' | 'kernel-functions' = 'sites',
): number {
  const code = relocate(program, maps);
  const attributes = newAttributes();
  attributes.writeUInt32LE(PROGRAM_TYPE[program.type], 0);
  attributes.writeUInt32LE(code.length / INSTRUCTION_BYTES, 4);
  attributes.writeBigUInt64LE(calls.address(code), 8);
  attributes.writeBigUInt64LE(calls.address(LICENSE), 16);
  attributes.writeUInt32LE(program.sleepable === true ? BPF_F_SLEEPABLE : 0, 44);
  writeObjectName(attributes, 48, program.name);
  const attach = isFor === 'kernel-functions' ? BPF_TRACE_KPROBE_MULTI : expectedAttach(program);
  attributes.writeUInt32LE(attach, 68);
  attributes.writeUInt32LE(program.btfId ?? 0, 108);
  const result = calls.bpf(BPF_COMMAND.programLoad, attributes);
  if (result >= 0) return result;
  return loadWithLog(calls, program, attributes, -result);
}

/** The log makes loading slower, so it is asked for only when there is something to explain. */
function loadWithLog(
  calls: LoaderSystemCalls,
  program: KernelProgram,
  attributes: Buffer,
  firstError: number,
): number {
  const log = Buffer.alloc(LOG_BYTES);
  attributes.writeUInt32LE(1, 24);
  attributes.writeUInt32LE(log.length, 28);
  attributes.writeBigUInt64LE(calls.address(log), 32);
  const result = calls.bpf(BPF_COMMAND.programLoad, attributes);
  // What stood in the way may be gone.
  if (result >= 0) return result;
  // The log does not fit then, so it is of no use: the verifier gave up after a million instructions.
  if (firstError === E2BIG) throw tooMuchToVerify(program);
  const text = log.toString('latin1', 0, log.indexOf(0));
  const isVerifier = text !== '' && (firstError === EACCES || firstError === EINVAL);
  if (!isVerifier) throw failedCall(`load the program ${program.name}`, firstError);
  throw new KernelProbeError(errorNumberName(firstError), explainRefusal(program, text), text);
}

function tooMuchToVerify({ name, places }: KernelProgram): KernelProbeError {
  const [first] = places;
  const where = first === undefined ? `the program ${name}` : `the handler at ${first.text}`;
  const message = `${where} has more ways through it than the kernel checks; keep it out of the kernel with -D STP_BPF=never`;
  return new KernelProbeError(errorNumberName(E2BIG), message);
}

function expectedAttach(program: KernelProgram): number {
  if (program.type === 'kprobe') return program.isMulti === true ? BPF_TRACE_UPROBE_MULTI : 0;
  if (program.type === 'iterator') return EXPECTED_ATTACH.iterator;
  return program.expectedAttach === undefined ? 0 : EXPECTED_ATTACH[program.expectedAttach];
}

function relocate(program: KernelProgram, maps: readonly BpfMap[]): Buffer {
  const code = Buffer.from(program.code, 'base64');
  for (const { instruction, kind, map, offset } of program.relocations) {
    const at = instruction * INSTRUCTION_BYTES;
    const target = maps[map];
    if (target === undefined || code[at] !== LOAD_CONSTANT || at + 2 * INSTRUCTION_BYTES > code.length) {
      throw new RangeError(
        `program ${program.name} has no constant of map ${map} at instruction ${instruction}`,
      );
    }
    code[at + 1] = ((code[at + 1] ?? 0) & 0x0f) | (CONSTANT_SOURCE[kind] << 4);
    code.writeInt32LE(target.fd, at + 4);
    code.writeUInt32LE(kind === 'map-value' ? (offset ?? 0) : 0, at + INSTRUCTION_BYTES + 4);
  }
  return code;
}
