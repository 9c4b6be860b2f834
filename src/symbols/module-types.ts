import { readdirSync, readFileSync } from 'node:fs';
import { BtfError } from '../btf/btf-error.ts';
import { BTF_KIND } from '../btf/btf-kind.ts';
import { BtfReader } from '../btf/btf-reader.ts';
import type { BtfStore } from '../btf/btf-store.ts';
import { SplitBtf } from '../btf/split-btf.ts';

/** Types and functions of one kernel module. */
export interface ModuleTypes {
  readonly reader: BtfReader;
  /** Names of the module's own functions, each once. */
  readonly functionNames: () => readonly string[];
}

/** Names of the modules that describe their types in a folder of sysfs. */
export function modulesWithTypes(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name !== 'vmlinux')
      .sort();
  } catch {
    // No types at all.
    return [];
  }
}

/** Types of a module that is loaded; undefined when it has none, or they cannot be read. */
export function moduleTypes(folder: string, module: string, kernel: BtfStore): ModuleTypes | undefined {
  try {
    const store = new SplitBtf(kernel, readFileSync(`${folder}/${module}`));
    const reader = new BtfReader(store);
    const functionNames = (): readonly string[] => [
      ...new Set(store.ownIds(BTF_KIND.function).map((id) => reader.name(id))),
    ];
    return { reader, functionNames };
  } catch (error) {
    if (error instanceof BtfError || (error instanceof Error && 'code' in error)) return undefined;
    throw error;
  }
}
