import { connect, type Socket } from 'node:net';

/** A connection that sends what no HTTP client would. */
export function rawConnection(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port }, () => resolve(socket));
    socket.once('error', reject);
  });
}

/** All that comes until the server closes, as latin1. */
export function allText(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    // It may have been closed before anybody asked.
    if (socket.closed) resolve(text);
    socket.on('data', (piece) => (text += piece.toString('latin1')));
    socket.on('error', () => resolve(text));
    socket.on('close', () => resolve(text));
  });
}

/** Sends bytes, and gives all that comes until the server closes. */
export async function rawRequest(port: number, bytes: string | Buffer): Promise<string> {
  const socket = await rawConnection(port);
  const answer = allText(socket);
  socket.write(bytes);
  return answer;
}

/** The status of the first answer in a text. */
export function statusOf(answer: string): number {
  return Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1] ?? 0);
}
