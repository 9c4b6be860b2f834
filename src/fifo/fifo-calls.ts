import { chmodSync, statSync } from 'node:fs';
import koffi from 'koffi';
import { loadSystemCalls } from '../fuse/system-calls.ts';
import type { ReadableWatch, SystemCalls } from '../fuse/system-calls.ts';

/** The system calls for FIFOs. Results below 0 are minus the error number; descriptors are close-on-exec. */
export interface FifoCalls extends Pick<SystemCalls, 'close' | 'read' | 'write' | 'watchReadable'> {
  /** Opens without waiting; `access` is one of the O_ constants of this file. */
  open(path: string, access: number): number;
  /**
   * Opens once more what a descriptor of this process, or of another, stands for, also when its mode forbids that to its
   * owner: the owner's bits are then given for a moment, and taken back.
   */
  openAgain(fd: number, access: number, pid?: number): number;
  /** mkfifo(3) */
  makeFifo(path: string, mode: number): number;
  /** Whether somebody has the other end of this write end open. */
  hasReader(fd: number): boolean;
  /** Calls back, from the event loop, whenever a write to `fd` would not wait, or would fail. */
  watchWritable(fd: number, callback: () => void): ReadableWatch;
  /** An exclusive flock(2), without waiting: 0, or -EWOULDBLOCK when another process has it. */
  lock(fd: number): number;
  /** A non-blocking inotify(7) descriptor. */
  createNotifier(): number;
  /** Watches the entries of a directory; returns the number of the watch. */
  notifyAbout(notifier: number, path: string, events: number): number;
}

/** Ways to open a FIFO or directory; never waiting, never following a link at the end of the path. */
export const access = {
  READ: 0,
  WRITE: 1,
  BOTH: 2,
  DIRECTORY: 0o200000,
  /** Only a handle of the inode (O_PATH). */
  HANDLE: 0o10000000,
} as const;

const O_NONBLOCK = 0o4000;
const O_NOFOLLOW = 0o400000;
const O_CLOEXEC = 0o2000000;
const POLLOUT = 4;
const POLLERR = 8;
const EACCES = 13;
const OWNER_BITS = 0o600;
const LOCK_EX = 2;
const LOCK_NB = 4;

type NativeCall = (...args: (number | string | Buffer)[]) => number;

/** Binds the C library. Load this module with `import()`: only sessions without FUSE need it. */
export function loadFifoCalls(): FifoCalls {
  const system = loadSystemCalls();
  const library = koffi.load(null);
  const bind = (definition: string): NativeCall => {
    const native: NativeCall = library.func(definition);
    return native;
  };
  const checked = (result: number): number => (result < 0 ? -koffi.errno() : result);
  const nativeMakeFifo = bind('int mkfifo(const char *path, uint32_t mode)');
  const nativePoll = bind('int poll(void *fds, unsigned long count, int timeout)');
  const nativeLock = bind('int flock(int fd, int operation)');
  const nativeNotifier = bind('int inotify_init1(int flags)');
  const nativeNotify = bind('int inotify_add_watch(int fd, const char *path, uint32_t events)');
  const entry = Buffer.allocUnsafeSlow(8);

  return {
    close: (fd) => system.close(fd),
    read: (fd, target, length) => system.read(fd, target, length),
    write: (fd, source, length) => system.write(fd, source, length),
    watchReadable: (fd, callback) => system.watchReadable(fd, callback),
    open: (path, how) => system.open(path, how | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC),
    openAgain(fd, how, pid) {
      const path = `/proc/${pid ?? 'self'}/fd/${fd}`;
      const open = (): number => system.open(path, how | O_NONBLOCK | O_CLOEXEC);
      const opened = open();
      if (opened !== -EACCES) return opened;
      const { mode } = statSync(path);
      chmodSync(path, mode | OWNER_BITS);
      try {
        return open();
      } finally {
        chmodSync(path, mode);
      }
    },
    makeFifo: (path, mode) => checked(nativeMakeFifo(path, mode)),
    hasReader(fd) {
      entry.writeInt32LE(fd, 0);
      entry.writeInt32LE(POLLOUT, 4);
      return nativePoll(entry, 1, 0) >= 0 && (entry.readUInt16LE(6) & POLLERR) === 0;
    },
    watchWritable(fd, callback) {
      const handle = koffi.node.poll(fd, { writable: true }, callback);
      return { close: () => handle.close() };
    },
    lock: (fd) => checked(nativeLock(fd, LOCK_EX | LOCK_NB)),
    createNotifier: () => checked(nativeNotifier(O_NONBLOCK | O_CLOEXEC)),
    notifyAbout: (notifier, path, events) => checked(nativeNotify(notifier, path, events)),
  };
}
