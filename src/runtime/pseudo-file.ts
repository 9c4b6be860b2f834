/** Who accesses a file, as the FUSE request header tells. `tid` is the calling thread. */
export interface Accessor {
  readonly tid: number;
  readonly uid: number;
  readonly gid: number;
}

/** Text for the reader (one unit per byte) or an error number to answer instead. */
export type ReadOutcome = { readonly content: string } | { readonly errno: number };

/** Bytes consumed, or an error number. */
export type WriteOutcome = { readonly written: number } | { readonly errno: number };

/**
 * One file as the engine offers it to the tree. Handlers run synchronously, to completion.
 * `ready()` is false while output is backed up so far that handlers should wait; `whenReady` calls back once.
 */
export interface PseudoFile {
  /** Path relative to the module directory, no leading slash; may contain directories. */
  readonly path: string;
  /** Permission bits, for example 0o600. */
  readonly mode: number;
  /** undefined: no read probe; reading gives 0 bytes. */
  readonly read?: (accessor: Accessor) => ReadOutcome;
  /** undefined: no write probe; writing gives EIO. `data`: one unit per byte. */
  readonly write?: (accessor: Accessor, data: string) => WriteOutcome;
  /** Longest `data` that is one event, bytes; longer ones become several. Of files with write probes. */
  readonly eventBytes?: number;
}

/** Back-pressure: tells the file server to hold back requests that would run a handler. */
export interface HandlerGate {
  ready(): boolean;
  whenReady(callback: () => void): void;
}
