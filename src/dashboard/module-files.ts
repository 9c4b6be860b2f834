import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { systemErrorText } from '../fuse/system-error-text.ts';
import type { ListedModule } from '../registry/module-list.ts';
import { WebProblem } from '../web/route.ts';
import { FileTurns } from './file-turns.ts';

/** Longest file that is read. */
export const MAX_FILE_BYTES = 1 << 20;
/** A handler has that long, its wait for a turn included. */
const ACCESS_MS = 5000;
const FIRST_PAUSE_MS = 1;
const LONGEST_PAUSE_MS = 20;
const PIECE_BYTES = 128 << 10;
const { O_RDONLY, O_WRONLY, O_NOFOLLOW, O_NONBLOCK, O_DIRECTORY } = constants;

/**
 * Reads and writes the files of modules in the file system, as other programs do: permissions count, and the handlers
 * run. A module that does not answer holds up only itself.
 */
export class ModuleFiles {
  readonly #turns: FileTurns;
  readonly #accessMs: number;

  constructor(accessMs = ACCESS_MS, turns = new FileTurns()) {
    this.#accessMs = accessMs;
    this.#turns = turns;
  }

  /**
   * The content of a file; `path`, a byte string, must be one that the module lists.
   * @throws {WebProblem}
   */
  read(module: ListedModule, path: string): Promise<Buffer> {
    return this.#access(module, path, O_RDONLY, readAll);
  }

  /**
   * Writes to a file with one call, where the system takes all at once.
   * @throws {WebProblem}
   */
  async write(module: ListedModule, path: string, content: Buffer): Promise<void> {
    await this.#access(module, path, O_WRONLY, (file, _isFifo, signal) => writeAll(file, content, signal));
  }

  async #access<Result>(
    module: ListedModule,
    path: string,
    mode: number,
    use: (file: FileHandle, isFifo: boolean, signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    const { directory } = module.entry;
    if (directory === undefined) throw new WebProblem(404, 'not-found', 'The module has no files');
    const expired = new AbortController();
    const work = async (): Promise<Result> => {
      const file = await openBelow(directory, path, mode, expired.signal);
      try {
        const facts = await file.stat();
        // A module of another user might have put somebody's file in the place of its own.
        if (facts.uid !== module.uid)
          throw new WebProblem(403, 'denied', 'The file does not belong to the user of the module');
        return await use(file, facts.isFIFO(), expired.signal);
      } finally {
        await file.close();
      }
    };
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        reject(tooSlow());
        expired.abort();
      }, this.#accessMs);
    });
    try {
      return await Promise.race([
        this.#turns.take(`${module.root}/${module.entry.name}`, work, expired.signal),
        deadline,
      ]);
    } catch (error) {
      throw fileProblem(error);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Opens a file below a directory; no part of the way may be a link, whoever made it. */
async function openBelow(
  directory: string,
  path: string,
  mode: number,
  signal: AbortSignal,
): Promise<FileHandle> {
  const parts = path.split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..' || part.includes('\0')))
    throw new WebProblem(404, 'not-found', 'There is no such file');
  const name = parts.pop() ?? '';
  let parent = await open(Buffer.from(directory, 'latin1'), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  try {
    for (const part of parts) {
      const next = await open(below(parent, part), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
      await parent.close();
      parent = next;
    }
    return await openFile(below(parent, name), mode, signal);
  } finally {
    await parent.close();
  }
}

/** A FIFO that nobody reads yet cannot be opened for writing: its module may be between two writers. */
async function openFile(path: Buffer, mode: number, signal: AbortSignal): Promise<FileHandle> {
  for (;;) {
    try {
      return await open(path, mode | O_NOFOLLOW | O_NONBLOCK);
    } catch (error) {
      if (codeOf(error) !== 'ENXIO' || mode !== O_WRONLY || signal.aborted) throw error;
      await pause(LONGEST_PAUSE_MS);
    }
  }
}

function below(parent: FileHandle, name: string): Buffer {
  return Buffer.from(`/proc/self/fd/${parent.fd}/${name}`, 'latin1');
}

async function readAll(file: FileHandle, isFifo: boolean, signal: AbortSignal): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  // A FIFO without writer reads as if at its end: before its module has opened it, and after it has closed it.
  let isBegun = !isFifo;
  let pauseMs = FIRST_PAUSE_MS;
  while (!signal.aborted) {
    const piece = Buffer.allocUnsafe(Math.min(PIECE_BYTES, MAX_FILE_BYTES + 1 - length));
    const count = await readSome(file, piece);
    if (count > 0) {
      pieces.push(piece.subarray(0, count));
      length += count;
      isBegun = true;
      pauseMs = FIRST_PAUSE_MS;
      if (length > MAX_FILE_BYTES)
        throw new WebProblem(502, 'too-large', `The file is longer than ${MAX_FILE_BYTES} bytes`);
      continue;
    }
    if (count === 0 && isBegun) return Buffer.concat(pieces);
    if (count < 0) isBegun = true;
    await pause(pauseMs);
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
  }
  throw tooSlow();
}

/** Bytes read; minus one: there is a writer, who has written nothing yet. */
async function readSome(file: FileHandle, target: Buffer): Promise<number> {
  try {
    return (await file.read(target, 0, target.length, null)).bytesRead;
  } catch (error) {
    if (codeOf(error) === 'EAGAIN') return -1;
    throw error;
  }
}

async function writeAll(file: FileHandle, content: Buffer, signal: AbortSignal): Promise<void> {
  let written = 0;
  while (written < content.length) {
    if (signal.aborted) throw tooSlow();
    try {
      written += (await file.write(content, written, content.length - written, null)).bytesWritten;
    } catch (error) {
      if (codeOf(error) !== 'EAGAIN') throw error;
      await pause(LONGEST_PAUSE_MS);
    }
  }
}

function tooSlow(): WebProblem {
  return new WebProblem(504, 'no-answer', 'The handler of the file does not answer');
}

/** What the system says about the access, as an answer. */
function fileProblem(error: unknown): unknown {
  const code = codeOf(error);
  if (code === undefined) return error;
  return new WebProblem(
    STATUS_OF_ERROR[code] ?? 502,
    code === 'ENOENT' ? 'not-found' : 'file-error',
    systemErrorText(error),
    { facts: { errno: code } },
  );
}

const STATUS_OF_ERROR: Readonly<Record<string, number>> = {
  EACCES: 403,
  EPERM: 403,
  EROFS: 403,
  ENOENT: 404,
  ENOTDIR: 404,
  ELOOP: 404,
  EISDIR: 404,
  EINVAL: 400,
  EFBIG: 413,
  EBUSY: 409,
  // Its file server has gone.
  ENOTCONN: 410,
  ECONNABORTED: 410,
  ENODEV: 410,
  ESTALE: 410,
  EMFILE: 503,
  ENFILE: 503,
};

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || error instanceof WebProblem || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
