import { constants } from 'node:fs';
import { access, open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

const SUFFIX = '.stp';
/** Control characters, and what is no UTF-8: nobody could ask for it. */
const NOT_SHOWN = /[\x00-\x1f\x7f-\x9f\u2028\u2029\ufffd]/;

/** A script that is there. */
export interface ScriptFile {
  /** As in the URL; no control characters. */
  readonly name: string;
  readonly path: string;
  /** Another one when the file was written or replaced. */
  readonly version: string;
  /** Can be executed by itself: executable, and the kernel knows how. */
  readonly isProgram: boolean;
}

/** The directory of the scripts cannot be read. `message` is a sentence that names it. */
export class ScriptDirectoryError extends Error {}

/** The scripts in a directory, by name. @throws {ScriptDirectoryError} */
export async function scriptsIn(directory: string): Promise<ScriptFile[]> {
  const entries = await readdir(directory).catch((error: unknown) => {
    const reason = (error as Error).message.split(',', 1)[0];
    throw new ScriptDirectoryError(`The script directory ${directory} cannot be read: ${reason}`);
  });
  const names = entries.filter((name) => name.endsWith(SUFFIX) && !NOT_SHOWN.test(name)).sort();
  const files = await Promise.all(names.map((name) => scriptFile(directory, name)));
  return files.filter((file) => file !== undefined);
}

async function scriptFile(directory: string, name: string): Promise<ScriptFile | undefined> {
  const path = join(directory, name);
  try {
    const facts = await stat(path, { bigint: true });
    if (!facts.isFile()) return undefined;
    const version = `${facts.ino}:${facts.size}:${facts.mtimeNs}`;
    return { name, path, version, isProgram: (await isExecutable(path)) && (await startsAsProgram(path)) };
  } catch {
    // It went away, or leads nowhere.
    return undefined;
  }
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** A shell would take an executable file of any other content for commands. */
async function startsAsProgram(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer } = await file.read(Buffer.alloc(4), 0, 4, 0);
    const start = buffer.toString('latin1');
    return start.startsWith('#!') || start === '\x7fELF';
  } finally {
    await file.close();
  }
}
