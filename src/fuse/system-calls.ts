import koffi from 'koffi';

/** A watch on a descriptor. Keep it reachable: a collected handle stops watching. */
export interface ReadableWatch {
  /** Stops watching; the callback is not called again. */
  close(): void;
}

/**
 * The system calls of the file server. Calls return the result, or minus the error number (never -1 and errno).
 * Buffers handed over must not move or be freed before the call returns: `Buffer.allocUnsafeSlow` memory never moves.
 */
export interface SystemCalls {
  open(path: string, flags: number): number;
  close(fd: number): number;
  read(fd: number, target: Buffer, length: number): number;
  write(fd: number, source: Buffer, length: number): number;
  /** Sleeps until `fd` is readable or broken (1), or `timeoutUs` microseconds are over (0). Signals end it (-EINTR). */
  waitReadable(fd: number, timeoutUs: number): number;
  /** Makes reads of `fd` return -EAGAIN instead of waiting. */
  setNonBlocking(fd: number): number;
  mount(source: string, target: string, type: string, flags: number, data: string): number;
  unmount(target: string, flags: number): number;
  /** Both ends of a close-on-exec Unix stream socket pair, or minus the error number. */
  socketPair(): readonly [number, number] | number;
  /** Receives the one descriptor (close-on-exec) sent with a message; -EINVAL when the message has none. */
  receiveDescriptor(socket: number): number;
  /** Calls back, from the event loop, whenever `fd` is readable, broken or hung up. */
  watchReadable(fd: number, callback: () => void): ReadableWatch;
}

const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
const MSG_CMSG_CLOEXEC = 0x40000000;
const MSG_DONTWAIT = 0x40;
const POLLIN = 1;
const EINVAL = 22;
const F_GETFL = 3;
const F_SETFL = 4;
const O_NONBLOCK = 0o4000;

type NativeCall = (...args: (number | bigint | string | Buffer | null)[]) => number;

/** Binds the C library (about 10 ms); the only place that loads native code. */
export function loadSystemCalls(): SystemCalls {
  const library = koffi.load(null);
  const bind = (definition: string): NativeCall => {
    const native: (...args: unknown[]) => number = library.func(definition);
    return native;
  };
  const nativeOpen = bind('int open(const char *path, int flags)');
  const nativeClose = bind('int close(int fd)');
  const nativeRead = bind('intptr_t read(int fd, void *buffer, size_t length)');
  const nativeWrite = bind('intptr_t write(int fd, void *buffer, size_t length)');
  const nativePpoll = bind('int ppoll(void *fds, unsigned long count, void *timeout, void *mask)');
  // fcntl is variadic, which matters to some calling conventions.
  const nativeFcntl = bind('int fcntl(int fd, int command, ...)');
  const nativeMount = bind(
    'int mount(const char *source, const char *target, const char *type, unsigned long flags, const char *data)',
  );
  const nativeUnmount = bind('int umount2(const char *target, int flags)');
  const nativeSocketPair = bind('int socketpair(int domain, int type, int protocol, void *pair)');
  const nativeReceive = bind('intptr_t recvmsg(int socket, void *message, int flags)');

  const checked = (result: number): number => (result < 0 ? -koffi.errno() : result);
  const pollFd = Buffer.alloc(8);
  pollFd.writeUInt16LE(POLLIN, 4);
  const timeout = Buffer.alloc(16);

  return {
    open: (path, flags) => checked(nativeOpen(path, flags)),
    close: (fd) => checked(nativeClose(fd)),
    read: (fd, target, length) => checked(nativeRead(fd, target, length)),
    write: (fd, source, length) => checked(nativeWrite(fd, source, length)),
    waitReadable(fd, timeoutUs) {
      pollFd.writeInt32LE(fd, 0);
      timeout.writeInt32LE(Math.floor(timeoutUs / 1e6), 0);
      timeout.writeInt32LE((timeoutUs % 1e6) * 1000, 8);
      return checked(nativePpoll(pollFd, 1, timeout, null));
    },
    setNonBlocking(fd) {
      const flags = checked(nativeFcntl(fd, F_GETFL));
      return flags < 0 ? flags : checked(nativeFcntl(fd, F_SETFL, 'int', flags | O_NONBLOCK));
    },
    mount: (source, target, type, flags, data) => checked(nativeMount(source, target, type, flags, data)),
    unmount: (target, flags) => checked(nativeUnmount(target, flags)),
    socketPair() {
      const pair = Buffer.alloc(8);
      const result = checked(nativeSocketPair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
      return result < 0 ? result : [pair.readInt32LE(0), pair.readInt32LE(4)];
    },
    receiveDescriptor: (socket) =>
      receiveDescriptor((message) =>
        checked(nativeReceive(socket, message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT)),
      ),
    watchReadable(fd, callback) {
      const handle = koffi.node.poll(fd, { readable: true, disconnect: true }, callback);
      return { close: () => handle.close() };
    },
  };
}

/** Lays out struct msghdr for one data byte and one descriptor (LP64), and takes the descriptor out. */
function receiveDescriptor(receive: (message: Buffer) => number): number {
  const data = Buffer.alloc(8);
  const vector = Buffer.alloc(16);
  vector.writeBigUInt64LE(koffi.address(data), 0);
  vector.writeBigUInt64LE(1n, 8);
  const control = Buffer.alloc(24);
  const message = Buffer.alloc(56);
  message.writeBigUInt64LE(koffi.address(vector), 16);
  message.writeBigUInt64LE(1n, 24);
  message.writeBigUInt64LE(koffi.address(control), 32);
  message.writeBigUInt64LE(BigInt(control.length), 40);
  const received = receive(message);
  if (received < 0) return received;
  const carriesDescriptor =
    message.readUInt32LE(40) >= 20 &&
    control.readInt32LE(8) === SOL_SOCKET &&
    control.readInt32LE(12) === SCM_RIGHTS;
  return carriesDescriptor ? control.readInt32LE(16) : -EINVAL;
}
