import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Where a server listens; the host is a name or a number, IPv6 without brackets. Port 0: any that is free. */
export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

/** A server that cannot listen. `message` is a sentence that names the address. */
export class ListenError extends Error {
  readonly code: 'in-use' | 'denied' | 'no-such-address' | 'other';

  constructor(code: ListenError['code'], message: string) {
    super(message);
    this.name = 'ListenError';
    this.code = code;
  }
}

/** `127.0.0.1:9901`, `[::1]:9901` */
export function addressText({ host, port }: HostAndPort): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/**
 * Makes a server listen, and tells the port.
 * @throws {ListenError}
 */
export function listen(server: Server, address: HostAndPort): Promise<number> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException): void => reject(listenError(error, address));
    server.once('error', onError);
    server.listen({ host: address.host, port: address.port, exclusive: true, backlog: 511 }, () => {
      server.removeListener('error', onError);
      // A server that listens has an address; one on a path, which this is not, would have a text.
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function listenError(error: NodeJS.ErrnoException, address: HostAndPort): ListenError {
  const where = addressText(address);
  switch (error.code) {
    case 'EADDRINUSE':
      return new ListenError('in-use', `Another program listens on ${where}`);
    case 'EACCES':
    case 'EPERM':
      return new ListenError('denied', `This user may not listen on ${where}`);
    case 'EADDRNOTAVAIL':
      return new ListenError('no-such-address', `${address.host} is no address of this machine`);
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EAI_FAIL':
      return new ListenError('no-such-address', `There is no machine named ${address.host}`);
    default:
      return new ListenError('other', `Cannot listen on ${where}: ${error.message}`);
  }
}
