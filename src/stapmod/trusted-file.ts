import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { MAX_STAPMOD_BYTES, tooLarge } from './stapmod.ts';

/** Who is about to run what a file says. */
export interface ModuleUser {
  /** Effective user of this process. */
  readonly uid: number;
  /** The person behind it when sudo(8) made the change: SUDO_UID. */
  readonly sudoUid: number | undefined;
}

/** A file that could have been written by somebody who is not trusted, or is no file. The message is a sentence. */
export class UntrustedModuleError extends Error {}

const WRITABLE_BY_OTHERS = 0o022;

/**
 * The user of this process. SUDO_UID counts for root only: nobody else can make root's environment.
 */
export function moduleUser(uid: number, sudoUid: string | undefined): ModuleUser {
  const isNumber = sudoUid !== undefined && /^\d{1,10}$/.test(sudoUid);
  return { uid, sudoUid: uid === 0 && isNumber ? Number(sudoUid) : undefined };
}

/**
 * Content of a module's file. A module is code that runs with all rights of the user who starts it, so it must belong
 * to that user, to root, or to the person who called sudo, and nobody else may be able to write to it; `own`: to that
 * user, and no link leads to it. What is checked is the open file, so exchanging names meanwhile is of no use.
 * @throws {UntrustedModuleError} {StapmodError} when it is too large, {Error} with a `code` from the system
 */
export function readTrustedModule(
  path: string,
  user: ModuleUser,
  owners: 'trusted' | 'own' = 'trusted',
): Buffer {
  // A FIFO must not make the open wait.
  const follow = owners === 'own' ? constants.O_NOFOLLOW : 0;
  const fd = openSync(Buffer.from(path, 'latin1'), constants.O_RDONLY | constants.O_NONBLOCK | follow);
  try {
    const status = fstatSync(fd);
    const reason =
      owners === 'own' && status.uid !== user.uid ? 'belongs to another user' : whyNotTrusted(status, user);
    if (reason !== undefined) throw new UntrustedModuleError(`${path} ${reason}`);
    if (status.size > MAX_STAPMOD_BYTES) throw tooLarge(path);
    return readAll(fd, status.size);
  } finally {
    closeSync(fd);
  }
}

/** Why a file with this status must not be run by this user, as the rest of a sentence; undefined when it may. */
export function whyNotTrusted(
  status: Pick<Stats, 'isFile' | 'uid' | 'mode'>,
  { uid, sudoUid }: ModuleUser,
): string | undefined {
  if (!status.isFile()) return 'is not a regular file';
  if (status.uid !== 0 && status.uid !== uid && status.uid !== sudoUid)
    return `belongs to user ${status.uid}, who could have written anything into it; run a copy of your own`;
  if ((status.mode & WRITABLE_BY_OTHERS) !== 0)
    return 'can be written by other users, who could have written anything into it; chmod go-w and check it first';
  return undefined;
}

/** Up to `size` bytes; the buffer begins at a word's boundary. */
function readAll(fd: number, size: number): Buffer {
  const bytes = Buffer.allocUnsafeSlow(size);
  let length = 0;
  while (length < size) {
    const count = readSync(fd, bytes, length, size - length, null);
    if (count === 0) break;
    length += count;
  }
  return bytes.subarray(0, length);
}
