import { randomBytes } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync, rmSync, writeSync } from 'node:fs';

/** Bytes of chance in a token that is made here. */
const RANDOM_BYTES = 24;
/** Shorter ones can be guessed. */
const MIN_CHARACTERS = 16;
const MAX_BYTES = 4096;
const OTHERS = 0o077;

const BY_HAND = 'head -c 24 /dev/urandom | base64 > FILE; chmod 600 FILE';

/** A token file that cannot be used. `message` is a sentence that names the file and the remedy. */
export class TokenFileError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'TokenFileError';
  }
}

/** A token nobody can guess, of characters that need no quoting in a URL. */
export function randomToken(): string {
  return randomBytes(RANDOM_BYTES).toString('base64url');
}

/**
 * The token in a file, without white space around it. A file that does not exist is made, with a random token, for its
 * owner only.
 * @throws {TokenFileError} others may read it, or it holds no token
 */
export function tokenOfFile(path: string): string {
  return createTokenFile(path) ?? readTokenFile(path);
}

/** The token of the file that was made; undefined: there is one. */
function createTokenFile(path: string): string | undefined {
  let fd: number;
  try {
    fd = openSync(path, 'wx', 0o600);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return undefined;
    throw new TokenFileError(`The token file ${path} cannot be made: ${(error as Error).message}.`);
  }
  const token = randomToken();
  try {
    writeSync(fd, `${token}\n`);
  } catch (error) {
    // An empty one would be refused the next time.
    rmSync(path, { force: true });
    throw new TokenFileError(`The token file ${path} cannot be written: ${(error as Error).message}.`);
  } finally {
    closeSync(fd);
  }
  return token;
}

function readTokenFile(path: string): string {
  const { text, mode } = contentOf(path);
  if ((mode & OTHERS) !== 0)
    throw new TokenFileError(`Others may read or write the token file ${path}: do "chmod 600 ${path}".`);
  const token = text.trim();
  if (token.length < MIN_CHARACTERS || !/^[\x21-\x7e]+$/.test(token))
    throw new TokenFileError(
      `The token file ${path} needs one word of at least ${MIN_CHARACTERS} characters: make it by "${BY_HAND.replaceAll('FILE', path)}".`,
    );
  return token;
}

function contentOf(path: string): { readonly text: string; readonly mode: number } {
  let fd: number;
  try {
    // A FIFO must not make the open wait.
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw new TokenFileError(`The token file ${path} cannot be read: ${(error as Error).message}.`);
  }
  try {
    const facts = fstatSync(fd);
    if (!facts.isFile()) throw new TokenFileError(`The token file ${path} is no regular file.`);
    const bytes = Buffer.alloc(MAX_BYTES);
    return { text: bytes.toString('latin1', 0, readSync(fd, bytes)), mode: facts.mode };
  } finally {
    closeSync(fd);
  }
}
