import { getSystemErrorMap } from 'node:util';

/**
 * What strerror(3) says about an error of a system call, in the C locale; for unusual ones what Node says. Anything
 * that is not such an error gives its message.
 */
export function systemErrorText(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const known = code === undefined ? undefined : errorCodeText(code);
  if (known !== undefined) return known;
  return capitalized(/^[A-Z]+: ([^,]*)/.exec(message)?.[1] ?? message);
}

/** The same for the name of an error number, `ENOSPC`; undefined for unusual ones. */
export function errorCodeText(code: string): string | undefined {
  return TEXTS[code];
}

/** The same for an error number, as of errno(3). */
export function errnoText(errno: number): string {
  const [code, text] = getSystemErrorMap().get(-errno) ?? ['', `error ${errno}`];
  return errorCodeText(code) ?? capitalized(text);
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const TEXTS: Readonly<Record<string, string>> = {
  EPERM: 'Operation not permitted',
  ENOENT: 'No such file or directory',
  EIO: 'Input/output error',
  ENXIO: 'No such device or address',
  EBADF: 'Bad file descriptor',
  EACCES: 'Permission denied',
  EEXIST: 'File exists',
  ENODEV: 'No such device',
  ENOTDIR: 'Not a directory',
  EISDIR: 'Is a directory',
  EINVAL: 'Invalid argument',
  ENFILE: 'Too many open files in system',
  EMFILE: 'Too many open files',
  ETXTBSY: 'Text file busy',
  EFBIG: 'File too large',
  ENOSPC: 'No space left on device',
  EROFS: 'Read-only file system',
  EPIPE: 'Broken pipe',
  ENAMETOOLONG: 'File name too long',
  ELOOP: 'Too many levels of symbolic links',
  ESTALE: 'Stale file handle',
  EDQUOT: 'Disk quota exceeded',
};
