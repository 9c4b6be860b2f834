import { existsSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { CONTROL_SOCKET } from '../registry/module-entry.ts';
import { ownerRuns } from '../registry/owner-process.ts';
import { readEntry } from '../registry/read-entry.ts';
import { controlLine, parseControlLine } from './control-text.ts';
import { LineBuffer } from './line-buffer.ts';
import type { AttachRequest } from './module-control.ts';
import { parseWatchEvent, type ReceivedWatchEvent } from './parse-watch-event.ts';
import type { AttachEvent, ControlReply, ControlRequest } from './protocol.ts';
import { socketPlace } from './socket-place.ts';

/** Longest line a module may send, bytes. */
const MAX_REPLY_BYTES = 256 << 20;
/** A module that moves to another process makes its socket anew; meanwhile connecting fails. */
const RETRY_MS = 2000;
const RETRY_PAUSE_MS = 20;
/** A module answers at once, between two handlers. */
const ANSWER_MS = 5000;
const EAGAIN = 11;

/** Why a module could not be asked. `message` is a sentence without a name. */
export class ControlError extends Error {
  readonly code: 'not-running' | 'denied' | 'no-answer' | 'closed';

  constructor(code: ControlError['code'], message: string) {
    super(message);
    this.name = 'ControlError';
    this.code = code;
  }
}

/** How patient a connection is. */
export interface ConnectOptions {
  /** Milliseconds for the connection; default 2000. */
  readonly retryMs?: number;
  /**
   * User whose process must be at the other end; undefined: not asked, for a home in which nobody else can have placed
   * the socket.
   */
  readonly uid?: number | undefined;
  /** Longest line that is taken, bytes; a longer one ends the connection. */
  readonly maxReplyBytes?: number | undefined;
}

interface Waiting {
  readonly resolve: (reply: ControlReply) => void;
  readonly reject: (error: ControlError) => void;
  readonly timer: NodeJS.Timeout;
}

/** A connection to a module's control socket. */
export class ControlClient {
  readonly #socket: Socket;
  readonly #lines: LineBuffer;
  readonly #waiting: Waiting[] = [];
  #onEvent: (event: AttachEvent) => void = () => undefined;
  #onWatchEvent: (event: ReceivedWatchEvent) => void = () => undefined;
  #onClosed: () => void = () => undefined;
  #isClosed = false;

  private constructor(socket: Socket, maxReplyBytes: number) {
    this.#socket = socket;
    this.#lines = new LineBuffer(maxReplyBytes);
    socket.on('data', (chunk: Buffer) => this.#onData(chunk));
    socket.on('error', () => undefined);
    socket.on('close', () => this.#close());
  }

  /**
   * Connects to the module whose home is `home`. While its process lives but does not listen, it tries again.
   * @throws {ControlError} not-running, denied, no-answer
   */
  static async connect(
    home: string,
    { retryMs = RETRY_MS, uid, maxReplyBytes = MAX_REPLY_BYTES }: ConnectOptions = {},
  ): Promise<ControlClient> {
    const deadlineMs = performance.now() + retryMs;
    for (;;) {
      const outcome = await tryConnect(home);
      if (typeof outcome !== 'string') {
        if (uid === undefined || (await belongsTo(outcome, uid)))
          return new ControlClient(outcome, maxReplyBytes);
        outcome.destroy();
        throw new ControlError('denied', 'Another user answers');
      }
      if (outcome === 'EACCES' || outcome === 'EPERM') throw new ControlError('denied', 'Permission denied');
      if (!moduleRuns(home)) throw new ControlError('not-running', 'The module is not running');
      if (performance.now() > deadlineMs) throw new ControlError('no-answer', 'The module does not answer');
      await pause(RETRY_PAUSE_MS);
    }
  }

  /** Called for each event of an attached connection. */
  set onEvent(listener: (event: AttachEvent) => void) {
    this.#onEvent = listener;
  }

  /** Called for each event of a watching connection. */
  set onWatchEvent(listener: (event: ReceivedWatchEvent) => void) {
    this.#onWatchEvent = listener;
  }

  /** Called once when the connection is over, after the last event. */
  set onClosed(listener: () => void) {
    this.#onClosed = listener;
    if (this.#isClosed) listener();
  }

  /**
   * The module's answer to a request.
   * @throws {ControlError} no-answer within `withinMs`, closed
   */
  request(request: ControlRequest, withinMs = ANSWER_MS): Promise<ControlReply> {
    const answer = this.#answer(withinMs);
    if (!this.#isClosed) this.#socket.write(controlLine(request));
    return answer;
  }

  /**
   * Becomes the reader of the module's output: asks, then passes the two descriptors. Resolves when the module writes
   * to them, or to its refusal; events follow.
   * @throws {ControlError} no-answer, closed
   */
  async attach(request: AttachRequest, outFd: number, errFd: number): Promise<ControlReply> {
    const permission = await this.request(request);
    if (!permission.ok) return permission;
    const { loadDescriptorPassing, streamHandle } = await import('./descriptor-passing.ts');
    const handle = streamHandle(this.#socket);
    if (handle === undefined) throw new ControlError('closed', 'The connection has ended');
    const passing = loadDescriptorPassing();
    // Either the event `attached` or a refusal comes next.
    const answer = this.#answer(ANSWER_MS);
    for (let tries = 0; passing.send(handle.fd, [outFd, errFd]) === -EAGAIN && tries < 500; tries++)
      await pause(RETRY_PAUSE_MS);
    return answer;
  }

  /** Ends the connection. A module whose output this client reads goes on without a reader. */
  close(): void {
    this.#socket.destroy();
  }

  #answer(withinMs: number): Promise<ControlReply> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) {
        reject(new ControlError('closed', 'The connection has ended'));
        return;
      }
      const timer = setTimeout(() => {
        // What comes later would be taken for the answer to another request.
        this.#socket.destroy();
        this.#rejectAll(new ControlError('no-answer', 'The module does not answer'));
      }, withinMs);
      this.#waiting.push({ resolve, reject, timer });
    });
  }

  #onData(chunk: Buffer): void {
    this.#lines.add(chunk);
    for (let line = this.#lines.take(); line !== undefined; line = this.#lines.take()) this.#onLine(line);
    if (this.#lines.isTooLong) this.#socket.destroy();
  }

  #onLine(line: string): void {
    const value = parseControlLine(line);
    if (typeof value !== 'object' || value === null) return;
    if ('event' in value && typeof value.event === 'string') {
      const news = parseWatchEvent(value);
      if (news !== undefined) this.#onWatchEvent(news);
      if (value.event === 'attached') this.#settle({ ok: true });
      if (news === undefined) this.#onEvent(value as AttachEvent);
    } else if ('ok' in value && typeof value.ok === 'boolean') {
      this.#settle(checkedReply(value as ControlReply));
    }
  }

  #settle(reply: ControlReply): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) return;
    clearTimeout(waiting.timer);
    waiting.resolve(reply);
  }

  #close(): void {
    this.#isClosed = true;
    this.#rejectAll(new ControlError('closed', 'The connection has ended'));
    this.#onClosed();
  }

  #rejectAll(error: ControlError): void {
    for (const { reject, timer } of this.#waiting.splice(0)) {
      clearTimeout(timer);
      reject(error);
    }
  }
}

/** A refusal says why in a text, whoever answers. */
function checkedReply(reply: ControlReply): ControlReply {
  if (reply.ok || typeof (reply as { readonly text: unknown }).text === 'string') return reply;
  return { ok: false, code: 'not-possible', text: 'The module refuses and does not say why' };
}

/** A connected socket, or the code of the error. */
async function tryConnect(home: string): Promise<Socket | string> {
  let place;
  try {
    place = socketPlace(home, CONTROL_SOCKET);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'EIO';
  }
  const socket = connect({ path: place.path });
  const outcome = await new Promise<string | undefined>((resolve) => {
    socket.once('connect', () => resolve(undefined));
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'EIO'));
  });
  socket.removeAllListeners('connect').removeAllListeners('error');
  place.close();
  return outcome ?? socket;
}

/** Whether a process of that user listens at the other end, wherever links have led. */
async function belongsTo(socket: Socket, uid: number): Promise<boolean> {
  const { loadDescriptorPassing } = await import('./descriptor-passing.ts');
  return loadDescriptorPassing().peerOf(socket)?.uid === uid;
}

/** False as well when its home is gone: then it ended in good order. */
function moduleRuns(home: string): boolean {
  const found = readEntry(home, home.slice(home.lastIndexOf('/') + 2));
  return found !== undefined && existsSync(home) && ownerRuns(found.entry);
}
