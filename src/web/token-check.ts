import { createHash, timingSafeEqual } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { WebProblem } from './route.ts';
import type { WebLimits } from './web-limits.ts';

/** Compares what clients send with the token of a server, and answers wrong ones slowly; right ones never wait. */
export class TokenCheck {
  readonly #digest: Buffer | undefined;
  readonly #limits: WebLimits;
  #waiting = 0;

  /** Without a token everybody may ask. */
  constructor(token: string | undefined, limits: WebLimits) {
    this.#digest = token === undefined ? undefined : digestOf(token);
    this.#limits = limits;
  }

  /** Whether this is how the token is sent: `Authorization: Bearer TOKEN`. Takes the same time for all wrong ones. */
  isRight(authorization: string | undefined): boolean {
    if (this.#digest === undefined) return true;
    const [, sent] = /^Bearer +([\x21-\x7e]+) *$/i.exec(authorization ?? '') ?? [];
    return timingSafeEqual(digestOf(sent ?? ''), this.#digest) && sent !== undefined;
  }

  /** What a request with that header is told. */
  async refusal(authorization: string | undefined): Promise<WebProblem> {
    const headers = { 'WWW-Authenticate': 'Bearer realm="stap"' };
    if (authorization === undefined)
      return new WebProblem(401, 'unauthorized', 'This needs the token: Authorization: Bearer TOKEN', {
        headers,
      });
    if (this.#waiting >= this.#limits.maxWrongTokens)
      return new WebProblem(429, 'too-many-attempts', 'Too many wrong tokens', {
        headers: { 'Retry-After': '1', Connection: 'close' },
      });
    this.#waiting++;
    await pause(this.#limits.wrongTokenMs);
    this.#waiting--;
    return new WebProblem(401, 'unauthorized', 'The token is wrong', {
      headers: { ...headers, Connection: 'close' },
    });
  }
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
