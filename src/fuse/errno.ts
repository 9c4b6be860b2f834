/** Linux error numbers used between the file server and the kernel (asm-generic/errno.h). */
export const errno = {
  EPERM: 1,
  ENOENT: 2,
  EINTR: 4,
  EIO: 5,
  EAGAIN: 11,
  EACCES: 13,
  EBUSY: 16,
  ENODEV: 19,
  ENOTDIR: 20,
  EISDIR: 21,
  EINVAL: 22,
  EPIPE: 32,
  ENXIO: 6,
  ENOSYS: 38,
  EOPNOTSUPP: 95,
  ESTALE: 116,
} as const;
