/** How much a server takes from its clients. */
export interface WebLimits {
  /** Connections that are served; on further ones each request is refused, twice as many are not accepted at all. */
  readonly maxConnections: number;
  /** Of one request: its first line and headers. */
  readonly maxHeaderBytes: number;
  readonly maxBodyBytes: number;
  /** From the first byte of a request to the end of its headers. */
  readonly headersTimeoutMs: number;
  /** From the first byte of a request to its last. */
  readonly requestTimeoutMs: number;
  /** How long a connection is kept between two requests. */
  readonly keepAliveMs: number;
  /** A connection on which nothing moves that long is closed, event streams excepted. */
  readonly idleMs: number;
  /** Event streams at a time. */
  readonly maxStreams: number;
  /** What may wait for one slow reader of events; beyond that its stream is closed. */
  readonly maxStreamBytes: number;
  /** Between two comments that keep an event stream alive. */
  readonly heartbeatMs: number;
  /** A reader of events who takes nothing for that long is left. */
  readonly streamStallMs: number;
  /** How long the answer to a wrong token takes. */
  readonly wrongTokenMs: number;
  /** Wrong tokens that are being answered at a time; further ones are refused at once, with 429. */
  readonly maxWrongTokens: number;
}

/** The limits of every server of this program. */
export const WEB_LIMITS: WebLimits = {
  maxConnections: 512,
  maxHeaderBytes: 16 << 10,
  maxBodyBytes: 1 << 20,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  keepAliveMs: 5000,
  idleMs: 60_000,
  maxStreams: 128,
  maxStreamBytes: 4 << 20,
  heartbeatMs: 15_000,
  streamStallMs: 60_000,
  wrongTokenMs: 300,
  maxWrongTokens: 32,
};
