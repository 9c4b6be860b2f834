import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { BtfError } from '../btf/btf-error.ts';
import { BtfIndex, makeBtfIndex } from '../btf/btf-index.ts';
import { BtfReader } from '../btf/btf-reader.ts';
import type { BtfStore } from '../btf/btf-store.ts';
import { IndexedBtf } from '../btf/indexed-btf.ts';
import { LazyBytes, type ReadBytes } from '../btf/lazy-bytes.ts';
import { WholeBtf } from '../btf/whole-btf.ts';
import { ElfError } from '../elf/elf-bytes.ts';
import { buildIdOfNotes } from '../elf/notes.ts';
import { btfTracepointNames } from './kernel-tracepoints.ts';

const KERNEL_NOTES = '/sys/kernel/notes';

/** Files of earlier runs. Neither call throws; what cannot be kept is not there the next time. */
export interface KeptFiles {
  read(name: string): Uint8Array | undefined;
  write(name: string, bytes: Uint8Array): void;
}

/** Types of a kernel, or a sentence why there are none. */
export type KernelTypes =
  | {
      readonly reader: BtfReader;
      readonly store: BtfStore;
      readonly tracepointNames: () => readonly string[];
    }
  | { readonly problem: string };

/**
 * The types in a file of sysfs. With an index among the kept files, made by an earlier run for this build of the kernel,
 * only what is asked for is read (a third of the time).
 */
export function kernelTypes(path: string, release: string, kept: KeptFiles | undefined): KernelTypes {
  try {
    const name = kept && indexName(release);
    return (
      (name === undefined ? undefined : indexedTypes(path, kept?.read(name))) ??
      wholeTypes(path, (index) => name !== undefined && kept?.write(name, index()))
    );
  } catch (error) {
    if (error instanceof BtfError)
      return { problem: `the type information of this kernel (${path}) is damaged: ${error.message}` };
    const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
    if (code === undefined) throw error;
    return {
      problem:
        code === 'ENOENT' || code === 'ENOTDIR'
          ? `this kernel offers no type information (${path}; CONFIG_DEBUG_INFO_BTF)`
          : `the type information of this kernel (${path}) cannot be read: ${code}`,
    };
  }
}

function wholeTypes(path: string, keep: (index: () => Uint8Array) => void): KernelTypes {
  const bytes = readFileSync(path);
  const btf = new WholeBtf(bytes);
  const reader = new BtfReader(btf);
  const names = btfTracepointNames(reader);
  keep(() => makeBtfIndex(btf, bytes.length, names.join('\n')));
  return { reader, store: btf, tracepointNames: () => names };
}

/** Undefined when there is no index, or none that belongs to this file. */
function indexedTypes(path: string, indexBytes: Uint8Array | undefined): KernelTypes | undefined {
  if (indexBytes === undefined) return undefined;
  const { size, read } = openedWhenNeeded(path);
  try {
    const index = new BtfIndex(indexBytes, size);
    const store = new IndexedBtf(new LazyBytes(size, read), index);
    return { reader: new BtfReader(store), store, tracepointNames: () => index.text().split('\n') };
  } catch (error) {
    if (error instanceof BtfError) return undefined;
    throw error;
  }
}

/** Opens a file at the first reading, and closes it when what runs now is done: facts are asked for in one go. */
function openedWhenNeeded(path: string): { readonly size: number; readonly read: ReadBytes } {
  let descriptor: number | undefined;
  const open = (): number => {
    if (descriptor !== undefined) return descriptor;
    const opened = openSync(path, 'r');
    setImmediate(() => {
      descriptor = undefined;
      closeSync(opened);
    });
    return (descriptor = opened);
  };
  const read: ReadBytes = (target, offset) => {
    for (let done = 0; done < target.length;) {
      const count = readSync(open(), target, done, target.length - done, offset + done);
      if (count === 0) throw new BtfError('it is shorter than it was');
      done += count;
    }
  };
  return { size: fstatSync(open()).size, read };
}

/** By the build of the kernel: two of the same release may differ. Undefined when it does not tell. */
function indexName(release: string): string | undefined {
  try {
    const buildId = buildIdOfNotes(readFileSync(KERNEL_NOTES));
    return buildId && `btf-${release.replaceAll('/', '_')}-${buildId}`;
  } catch (error) {
    if (error instanceof ElfError || (error instanceof Error && 'code' in error)) return undefined;
    throw error;
  }
}
