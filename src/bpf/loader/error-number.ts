import { getSystemErrorMap } from 'node:util';
import { KernelProbeError } from './kernel-probe-error.ts';

/** ENOTSUPP of the kernel itself (linux/errno.h), which bpf(2) lets through. */
const ENOTSUPP = 524;

/** Name of an error number, as of errno(3); `errno N` for unknown ones. */
export function errorNumberName(number: number): string {
  if (number === ENOTSUPP) return 'ENOTSUPP';
  return getSystemErrorMap().get(-number)?.[0] ?? `errno ${number}`;
}

/** The error for a call that returned minus `number`; `action` says what was tried: `create the map x`. */
export function failedCall(action: string, number: number): KernelProbeError {
  return new KernelProbeError(errorNumberName(number), `cannot ${action}: ${errorNumberText(number)}`);
}

function errorNumberText(number: number): string {
  switch (errorNumberName(number)) {
    case 'EPERM':
      return 'the kernel does not permit it; eBPF needs root or CAP_BPF and CAP_PERFMON';
    case 'ENOSYS':
      return 'this kernel has no eBPF';
    case 'ENOTSUPP':
      return 'this kernel does not support it';
    default:
      return getSystemErrorMap().get(-number)?.[1] ?? `error ${number}`;
  }
}
