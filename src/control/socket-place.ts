import { closeSync, constants, openSync } from 'node:fs';

/** struct sockaddr_un holds 108 bytes, with a NUL at the end; longer paths would be cut without a word. */
const LONGEST_ADDRESS = 107;

/** Where a socket is, in a form short enough for an address. Valid until close(). */
export interface SocketPlace {
  readonly path: string;
  close(): void;
}

/** Address of the socket `name` in `directory`; a long path goes by a descriptor of its directory. */
export function socketPlace(directory: string, name: string): SocketPlace {
  const path = `${directory}/${name}`;
  if (Buffer.byteLength(path) <= LONGEST_ADDRESS) return { path, close: () => undefined };
  const fd = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  return { path: `/proc/self/fd/${fd}/${name}`, close: () => closeSync(fd) };
}
