import type { Socket } from 'node:net';
import koffi from 'koffi';

/** What arrived on a socket besides one byte. The descriptors belong to the receiver and are close-on-exec. */
export type ReceivedDescriptors =
  | { readonly kind: 'nothing-yet' }
  /** The other end has gone, or the socket is broken. */
  | { readonly kind: 'ended' }
  | { readonly kind: 'received'; readonly fds: readonly number[]; readonly complete: boolean };

/** Descriptors over Unix sockets, unix(7), SCM_RIGHTS. */
export interface DescriptorPassing {
  /** Sends one byte with descriptors. Returns 0, or minus the error number: -EAGAIN when the socket is full. */
  send(socketFd: number, fds: readonly number[]): number;
  /** Takes one byte and what came with it, without waiting. */
  receive(socketFd: number): ReceivedDescriptors;
  /** Who connected, or for the one who connected: who listens; undefined when the kernel cannot tell. */
  peer(socketFd: number): Peer | undefined;
  /** The same for a socket of Node; undefined also when it has ended. */
  peerOf(socket: Socket): Peer | undefined;
}

/** Binds the C library when it is needed, once: what is bound is never given back. */
export type PassingLoader = () => Promise<DescriptorPassing>;

/** A process as it was when it called connect(2) or listen(2); unix(7), SO_PEERCRED. */
export interface Peer {
  readonly pid: number;
  /** Effective user. */
  readonly uid: number;
}

/** The part of a connected socket's handle that is needed here. Node has no public name for it. */
export interface StreamHandle {
  readonly fd: number;
  reading: boolean;
  readonly readStop: () => number;
  readonly readStart: () => number;
}

const SOL_SOCKET = 1;
const SO_PEERCRED = 17;
const SCM_RIGHTS = 1;
const MSG_DONTWAIT = 0x40;
const MSG_CTRUNC = 0x8;
const MSG_NOSIGNAL = 0x4000;
const MSG_CMSG_CLOEXEC = 0x40000000;
const EAGAIN = 11;
const EINTR = 4;
/** struct cmsghdr: size_t length, int level, int type. */
const HEADER_BYTES = 16;
/** The kernel passes no more than this with one message (SCM_MAX_FD). */
const MOST_FDS = 253;

type NativeCall = (...args: (number | Buffer)[]) => number;

/** Binds the C library; load this module with `import()`, it costs some milliseconds. */
export function loadDescriptorPassing(): DescriptorPassing {
  const library = koffi.load(null);
  const bind = (definition: string): NativeCall => {
    const native: (...args: unknown[]) => number = library.func(definition);
    return native;
  };
  const nativeSend = bind('intptr_t sendmsg(int socket, void *message, int flags)');
  const nativeReceive = bind('intptr_t recvmsg(int socket, void *message, int flags)');
  const nativeOption = bind('int getsockopt(int socket, int level, int name, void *value, void *length)');
  // Reachable as long as the functions below are: the kernel gets their addresses.
  const data = Buffer.allocUnsafeSlow(8);
  const vector = Buffer.allocUnsafeSlow(16);
  const control = Buffer.allocUnsafeSlow(aligned(HEADER_BYTES + 4 * MOST_FDS));
  const header = Buffer.allocUnsafeSlow(56);

  /** Lays out struct msghdr for one byte of data and `controlLength` bytes of control messages (LP64). */
  const message = (controlLength: number): Buffer => {
    data[0] = 0;
    vector.writeBigUInt64LE(koffi.address(data), 0);
    vector.writeBigUInt64LE(1n, 8);
    header.fill(0);
    header.writeBigUInt64LE(koffi.address(vector), 16);
    header.writeBigUInt64LE(1n, 24);
    header.writeBigUInt64LE(koffi.address(control), 32);
    header.writeBigUInt64LE(BigInt(controlLength), 40);
    return header;
  };

  const peer = (socketFd: number): Peer | undefined => {
    const credentials = Buffer.alloc(12);
    const length = Buffer.alloc(4);
    length.writeInt32LE(credentials.length);
    if (nativeOption(socketFd, SOL_SOCKET, SO_PEERCRED, credentials, length) < 0) return undefined;
    return { pid: credentials.readInt32LE(0), uid: credentials.readUInt32LE(4) };
  };

  return {
    send(socketFd, fds) {
      const length = HEADER_BYTES + 4 * fds.length;
      control.fill(0);
      control.writeBigUInt64LE(BigInt(length), 0);
      control.writeInt32LE(SOL_SOCKET, 8);
      control.writeInt32LE(SCM_RIGHTS, 12);
      fds.forEach((fd, index) => control.writeInt32LE(fd, HEADER_BYTES + 4 * index));
      const sent = nativeSend(socketFd, message(aligned(length)), MSG_DONTWAIT | MSG_NOSIGNAL);
      return sent < 0 ? -koffi.errno() : 0;
    },
    receive(socketFd) {
      const received = nativeReceive(socketFd, message(control.length), MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
      if (received < 0) {
        const error = koffi.errno();
        return error === EAGAIN || error === EINTR ? { kind: 'nothing-yet' } : { kind: 'ended' };
      }
      if (received === 0) return { kind: 'ended' };
      const length = Number(header.readBigUInt64LE(40));
      const complete = (header.readInt32LE(48) & MSG_CTRUNC) === 0;
      return { kind: 'received', fds: descriptorsIn(control.subarray(0, length)), complete };
    },
    peer,
    peerOf(socket) {
      const handle = streamHandle(socket);
      return handle && peer(handle.fd);
    },
  };
}

/**
 * The handle of a connected socket: its descriptor, and the means to keep Node from reading while descriptors are on
 * their way: read(2) would throw them away. Undefined when this version of Node has no such thing.
 */
export function streamHandle(socket: Socket): StreamHandle | undefined {
  const handle = (socket as unknown as { readonly _handle?: Partial<StreamHandle> | null })._handle;
  return typeof handle?.fd === 'number' &&
    handle.fd >= 0 &&
    typeof handle.readStop === 'function' &&
    typeof handle.readStart === 'function'
    ? (handle as StreamHandle)
    : undefined;
}

/** Stops Node from reading the socket at once; pause() alone lets it read ahead. */
export function stopReading(handle: StreamHandle): void {
  handle.reading = false;
  handle.readStop();
}

/** Lets Node read the socket again. */
export function startReading(handle: StreamHandle): void {
  handle.reading = true;
  handle.readStart();
}

function descriptorsIn(control: Buffer): number[] {
  const fds: number[] = [];
  for (let offset = 0; offset + HEADER_BYTES <= control.length;) {
    const length = Number(control.readBigUInt64LE(offset));
    if (length < HEADER_BYTES) break;
    const isRights =
      control.readInt32LE(offset + 8) === SOL_SOCKET && control.readInt32LE(offset + 12) === SCM_RIGHTS;
    const end = Math.min(offset + length, control.length);
    for (let at = offset + HEADER_BYTES; isRights && at + 4 <= end; at += 4)
      fds.push(control.readInt32LE(at));
    offset += aligned(length);
  }
  return fds;
}

/** Control messages begin at multiples of a word. */
function aligned(length: number): number {
  return (length + 7) & ~7;
}
