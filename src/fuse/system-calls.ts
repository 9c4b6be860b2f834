import { isMainThread } from 'node:worker_threads';
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
  /** The same from another thread, for writes that may have to wait for this one. Minus one when it failed. */
  writeElsewhere(fd: number, source: Buffer): Promise<number>;
  /**
   * Prepares a wait. The function returned sleeps until `fd` is readable or broken (true), or `longestMs` are over, a
   * signal came, or the event loop has something to do: a timer, an immediate, or another descriptor (false).
   */
  readableWait(fd: number, longestMs: number): () => boolean;
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

type KoffiFunction = ReturnType<ReturnType<typeof koffi.load>['func']>;
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
  const threadedWrite = library.func('intptr_t write(int fd, void *buffer, size_t length)');
  const nativeWrite = bind('intptr_t write(int fd, void *buffer, size_t length)');
  // fcntl is variadic, which matters to some calling conventions.
  const nativeFcntl = bind('int fcntl(int fd, int command, ...)');
  const nativeMount = bind(
    'int mount(const char *source, const char *target, const char *type, unsigned long flags, const char *data)',
  );
  const nativeUnmount = bind('int umount2(const char *target, int flags)');
  const nativeSocketPair = bind('int socketpair(int domain, int type, int protocol, void *pair)');
  const nativeReceive = bind('intptr_t recvmsg(int socket, void *message, int flags)');

  const checked = (result: number): number => (result < 0 ? -koffi.errno() : result);

  return {
    open: (path, flags) => checked(nativeOpen(path, flags)),
    close: (fd) => checked(nativeClose(fd)),
    read: (fd, target, length) => checked(nativeRead(fd, target, length)),
    write: (fd, source, length) => checked(nativeWrite(fd, source, length)),
    writeElsewhere: (fd, source) => writeElsewhere(threadedWrite, fd, source),
    readableWait: (fd, longestMs) => readableWait(library, fd, longestMs),
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

function writeElsewhere(native: KoffiFunction, fd: number, source: Buffer): Promise<number> {
  return new Promise((resolve) => {
    native.async(fd, source, source.length, (error: unknown, result: number) => {
      resolve(error === null || error === undefined ? result : -1);
    });
  });
}

/**
 * Polls our descriptor together with libuv's own (an epoll descriptor, readable when any watched thing is), and no
 * longer than libuv itself would. Only the main thread's loop can be reached; elsewhere the wait is just short.
 */
function readableWait(library: ReturnType<typeof koffi.load>, fd: number, longestMs: number): () => boolean {
  const poll: NativeCall = library.func('int poll(void *fds, unsigned long count, int timeout)');
  const entries = Buffer.allocUnsafeSlow(16);
  entries.writeInt32LE(fd, 0);
  entries.writeInt32LE(POLLIN, 4);
  if (!isMainThread) {
    return () => poll(entries, 1, 1) > 0;
  }
  const defaultLoop: () => bigint = library.func('void *uv_default_loop()');
  const backendFd: NativeCall = library.func('int uv_backend_fd(void *loop)');
  const backendTimeout: NativeCall = library.func('int uv_backend_timeout(void *loop)');
  const loop = defaultLoop();
  entries.writeInt32LE(backendFd(loop), 8);
  entries.writeInt32LE(POLLIN, 12);
  return () => {
    const dueMs = backendTimeout(loop);
    const limitMs = dueMs < 0 || dueMs > longestMs ? longestMs : dueMs;
    // revents of the first entry: the second only ends the wait.
    return limitMs > 0 && poll(entries, 2, limitMs) > 0 && entries[6] !== 0;
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
