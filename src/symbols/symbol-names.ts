import { readFileSync } from 'node:fs';
import type { SymbolNames } from '../runtime/symbol-names.ts';
import { KernelSymbols } from './kernel-symbols.ts';
import { ProcessSymbols } from './process-symbols.ts';

const KALLSYMS = '/proc/kallsyms';

/** Names of addresses on this machine. The kernel's table is read at the first address that is asked for (0.1 s). */
export function symbolNames(): SymbolNames {
  const processes = new ProcessSymbols();
  let kernel: KernelSymbols | undefined;
  const kernelSymbols = (): KernelSymbols => (kernel ??= new KernelSymbols(kernelTable()));
  return {
    kernelPlace: (address) => kernelSymbols().find(Number(address)),
    kernelProblem: () =>
      kernelSymbols().hasAddresses
        ? undefined
        : `the kernel shows its addresses (${KALLSYMS}) to privileged users only, see kernel.kptr_restrict`,
    userPlace: (pid, address) => processes.find(pid, Number(address)),
    rememberProcess: (pid) => processes.remember(pid),
  };
}

function kernelTable(): Buffer {
  try {
    return readFileSync(KALLSYMS);
  } catch {
    // A kernel built without it, or no /proc: no symbol has an address then.
    return Buffer.alloc(0);
  }
}
