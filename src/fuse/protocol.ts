/** Numbers of the FUSE protocol, version 7.41 (linux/fuse.h). Only what this server uses. */

export const fuseMajor = 7;
/** Newest minor version spoken; the kernel may speak an older one. */
export const fuseMinor = 41;

export const opcode = {
  LOOKUP: 1,
  FORGET: 2,
  GETATTR: 3,
  SETATTR: 4,
  SYMLINK: 6,
  MKNOD: 8,
  MKDIR: 9,
  UNLINK: 10,
  RMDIR: 11,
  RENAME: 12,
  LINK: 13,
  OPEN: 14,
  READ: 15,
  WRITE: 16,
  STATFS: 17,
  RELEASE: 18,
  LISTXATTR: 23,
  INIT: 26,
  READDIR: 28,
  CREATE: 35,
  INTERRUPT: 36,
  DESTROY: 38,
  BATCH_FORGET: 42,
  RENAME2: 45,
  LSEEK: 46,
  TMPFILE: 51,
} as const;

/** Flags of INIT, first word. */
export const initFlag = {
  ASYNC_READ: 1 << 0,
  ATOMIC_O_TRUNC: 1 << 3,
  BIG_WRITES: 1 << 5,
  PARALLEL_DIROPS: 1 << 18,
  MAX_PAGES: 1 << 22,
  NO_OPENDIR_SUPPORT: 1 << 24,
} as const;

/** Flags of an OPEN reply. */
export const openReplyFlag = {
  DIRECT_IO: 1 << 0,
  NOFLUSH: 1 << 5,
  PARALLEL_DIRECT_WRITES: 1 << 6,
} as const;

/** Bits of SETATTR's `valid`. */
export const setAttributeBit = {
  MODE: 1 << 0,
  UID: 1 << 1,
  GID: 1 << 2,
  ATIME: 1 << 4,
  MTIME: 1 << 5,
  ATIME_NOW: 1 << 7,
  MTIME_NOW: 1 << 8,
} as const;

/** Bit of GETATTR's flags: the request comes through an open file and `fh` is valid (lseek). */
export const GETATTR_FH = 1;
/** Bit of READ's flags: set by read(2), absent when the kernel fills its page cache (splice, sendfile, mmap). */
export const READ_LOCKOWNER = 2;
export const NOTIFY_INVAL_INODE = 2;
export const NOTIFY_INVAL_ENTRY = 3;
export const NOTIFY_STORE = 4;

export const IN_HEADER_BYTES = 40;
export const OUT_HEADER_BYTES = 16;
/** Fixed part of a WRITE request: header and struct fuse_write_in. */
export const WRITE_IN_BYTES = IN_HEADER_BYTES + 40;
/** The kernel refuses shorter read buffers. */
export const MIN_READ_BUFFER_BYTES = 8192;

/** Node of a mount's top directory. */
export const ROOT_NODE_ID = 1;
