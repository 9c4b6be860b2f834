import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { type ElfBytes, ElfError } from '../elf/elf-bytes.ts';

/** A path, one character a byte as script texts are, as the system takes it. */
export function pathBytes(path: string): Buffer {
  return Buffer.from(path, 'latin1');
}

/** How the file was when it was first opened: a program that was replaced since must not be read as the same one. */
interface FileState {
  readonly device: number;
  readonly inode: number;
  readonly size: number;
  readonly changedMs: number;
}

/**
 * Bytes of a file, opened for each read and closed again, so that programs that are only asked about hold no
 * descriptor. Throws ElfError when the file is no regular one and, later, when it was replaced; errors of the system
 * (`ENOENT`, `EACCES`) as they are.
 */
export function programBytes(path: string): ElfBytes {
  const first = withFile(path, (_, state) => state);
  return {
    size: first.size,
    read: (offset, length) =>
      withFile(path, (descriptor, state) => {
        if (!isSame(first, state)) throw new ElfError('damaged', 'changed while it was read');
        const bytes = new Uint8Array(length);
        for (let done = 0; done < length;) {
          const count = readSync(descriptor, bytes, done, length - done, offset + done);
          if (count === 0) throw new ElfError('damaged', 'changed while it was read');
          done += count;
        }
        return bytes;
      }),
  };
}

function withFile<Result>(path: string, use: (descriptor: number, state: FileState) => Result): Result {
  // A FIFO of that name must not make us wait.
  const descriptor = openSync(pathBytes(path), constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) throw new ElfError('not-elf', 'is not a regular file');
    const { dev: device, ino: inode, size, mtimeMs: changedMs } = stats;
    return use(descriptor, { device, inode, size, changedMs });
  } finally {
    closeSync(descriptor);
  }
}

function isSame(one: FileState, other: FileState): boolean {
  return (
    one.device === other.device &&
    one.inode === other.inode &&
    one.size === other.size &&
    one.changedMs === other.changedMs
  );
}
