import koffi from 'koffi';

/** Attributes of a terminal as tcgetattr(3) gives them, opaque but for the flags changed here. */
export type TerminalAttributes = Buffer;

/** A watch on a descriptor. Keep it reachable: a collected handle stops watching. */
export interface DescriptorWatch {
  close(): void;
}

/**
 * C library calls of the session. Results below 0 are minus the error number.
 * Load this module with `import()`: binding the library takes some milliseconds, which many runs never need.
 */
export interface NativeCalls {
  /** Whether a write of at most PIPE_BUF bytes would not block now; also true when it would fail. */
  writableNow(fd: number): boolean;
  /** Calls back whenever `fd` is writable, or can be read when `readable`. */
  watch(fd: number, event: 'readable' | 'writable', callback: () => void): DescriptorWatch;
  /** A second descriptor, close-on-exec, of the same open file. */
  duplicate(fd: number): number;
  /** A non-blocking timer descriptor on CLOCK_MONOTONIC. */
  createTimer(): number;
  /** Arms it for an absolute time; a time in the past fires at once. */
  setTimer(fd: number, atMonotonicNs: bigint): number;
  /** Takes the expirations, so that the descriptor is not readable any more. */
  clearTimer(fd: number): void;
  /** setrlimit(2), soft and hard limit alike. */
  setResourceLimit(resource: number, value: bigint): number;
  /** Switches line editing and echo of a terminal off; returns what restores it, undefined when it is no terminal. */
  startCharacterMode(fd: number): TerminalAttributes | undefined;
  restoreTerminal(fd: number, attributes: TerminalAttributes): void;
  /** Size of a terminal in character cells (0 when it does not know); undefined when it is no terminal. */
  windowSize(fd: number): { readonly columns: number; readonly rows: number } | undefined;
}

const POLLOUT = 4;
const CLOCK_MONOTONIC = 1;
const TFD_NONBLOCK = 0o4000;
const TFD_CLOEXEC = 0o2000000;
const TFD_TIMER_ABSTIME = 1;
const F_DUPFD_CLOEXEC = 1030;
const TCSADRAIN = 1;
const ICANON = 2;
const ECHO = 8;
/** Same on all architectures that Node runs on but MIPS and PowerPC, where the call fails. */
const TIOCGWINSZ = 0x5413;
/** Larger than struct termios of every Linux architecture; `c_lflag` is its fourth 32-bit word. */
const TERMIOS_BYTES = 128;
const LFLAG_OFFSET = 12;

type NativeCall = (...args: (number | bigint | Buffer | null)[]) => number;

/** Binds the C library. */
export function loadNativeCalls(): NativeCalls {
  const library = koffi.load(null);
  const bind = (definition: string): NativeCall => {
    const native: (...args: unknown[]) => number = library.func(definition);
    return native;
  };
  const checked = (result: number): number => (result < 0 ? -koffi.errno() : result);
  const nativePoll = bind('int poll(void *fds, unsigned long count, int timeout)');
  const nativeRead = bind('intptr_t read(int fd, void *buffer, size_t length)');
  const nativeTimerCreate = bind('int timerfd_create(int clock, int flags)');
  const nativeTimerSet = bind('int timerfd_settime(int fd, int flags, void *value, void *old)');
  const nativeSetLimit = bind('int setrlimit(int resource, void *limit)');
  const nativeGetAttributes = bind('int tcgetattr(int fd, void *termios)');
  const nativeSetAttributes = bind('int tcsetattr(int fd, int actions, void *termios)');
  // fcntl is variadic, which matters to some calling conventions.
  const nativeFcntl = library.func('int fcntl(int fd, int command, ...)') as (...args: unknown[]) => number;
  const nativeIoctl = library.func('int ioctl(int fd, unsigned long request, ...)') as (
    ...args: unknown[]
  ) => number;
  const pollFd = Buffer.alloc(8);
  const timerValue = Buffer.alloc(32);
  const expirations = Buffer.alloc(8);

  return {
    writableNow(fd) {
      pollFd.writeInt32LE(fd, 0);
      pollFd.writeUInt16LE(POLLOUT, 4);
      return nativePoll(pollFd, 1, 0) > 0;
    },
    watch(fd, event, callback) {
      const interest = event === 'readable' ? { readable: true } : { writable: true };
      const handle = koffi.node.poll(fd, interest, callback);
      return { close: () => handle.close() };
    },
    duplicate: (fd) => checked(nativeFcntl(fd, F_DUPFD_CLOEXEC, 'int', 3)),
    createTimer: () => checked(nativeTimerCreate(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)),
    setTimer(fd, atMonotonicNs) {
      timerValue.writeBigInt64LE(atMonotonicNs / 1_000_000_000n, 16);
      timerValue.writeBigInt64LE(atMonotonicNs % 1_000_000_000n, 24);
      return checked(nativeTimerSet(fd, TFD_TIMER_ABSTIME, timerValue, null));
    },
    clearTimer(fd) {
      nativeRead(fd, expirations, expirations.length);
    },
    setResourceLimit(resource, value) {
      const limit = Buffer.alloc(16);
      limit.writeBigUInt64LE(value, 0);
      limit.writeBigUInt64LE(value, 8);
      return checked(nativeSetLimit(resource, limit));
    },
    startCharacterMode(fd) {
      const saved = Buffer.alloc(TERMIOS_BYTES);
      if (nativeGetAttributes(fd, saved) < 0) return undefined;
      const changed = Buffer.from(saved);
      changed.writeUInt32LE((changed.readUInt32LE(LFLAG_OFFSET) & ~(ICANON | ECHO)) >>> 0, LFLAG_OFFSET);
      nativeSetAttributes(fd, TCSADRAIN, changed);
      return saved;
    },
    restoreTerminal: (fd, attributes) => void nativeSetAttributes(fd, TCSADRAIN, attributes),
    windowSize(fd) {
      const size = Buffer.alloc(8);
      if (nativeIoctl(fd, TIOCGWINSZ, 'void *', size) < 0) return undefined;
      return { rows: size.readUInt16LE(0), columns: size.readUInt16LE(2) };
    },
  };
}
