import type { IncomingMessage } from 'node:http';
import { WebProblem } from './route.ts';

/**
 * All bytes of a request's body.
 * @throws {WebProblem} 413 as soon as it is known to be longer than `maxBytes`; 400 when the client leaves
 */
export function readBody(incoming: IncomingMessage, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const tooLarge = (): void => {
      // What still comes is dropped, so that the client reads the answer instead of a broken connection.
      incoming.removeAllListeners('data').resume();
      reject(
        new WebProblem(413, 'too-large', `The body is longer than ${maxBytes} bytes`, {
          headers: { Connection: 'close' },
        }),
      );
    };
    if (Number(incoming.headers['content-length'] ?? 0) > maxBytes) {
      tooLarge();
      return;
    }
    const pieces: Buffer[] = [];
    let length = 0;
    incoming.on('data', (piece: Buffer) => {
      length += piece.length;
      if (length > maxBytes) tooLarge();
      else pieces.push(piece);
    });
    incoming.on('end', () => resolve(Buffer.concat(pieces)));
    const broken = (): void => reject(new WebProblem(400, 'bad-request', 'The body ended early'));
    incoming.on('error', broken);
    incoming.on('close', broken);
  });
}

/**
 * The body as JSON; nothing in it gets a prototype's name.
 * @throws {WebProblem} 415, 400
 */
export function parseJsonBody(body: Buffer, contentType: string | undefined): unknown {
  if (!/^application\/json\s*(?:;|$)/i.test(contentType ?? ''))
    throw new WebProblem(415, 'unsupported-type', 'The body must be of type application/json');
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    return JSON.parse(text, (key, value: unknown) => (key === '__proto__' ? undefined : value));
  } catch {
    throw new WebProblem(400, 'bad-request', 'The body is not JSON in UTF-8');
  }
}
