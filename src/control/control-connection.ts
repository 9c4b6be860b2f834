import { closeSync } from 'node:fs';
import type { Socket } from 'node:net';
import { controlLine } from './control-text.ts';
import { ConnectedWatcher } from './connected-watcher.ts';
import type { PassingLoader } from './descriptor-passing.ts';
import { LineBuffer } from './line-buffer.ts';
import type { AttachedClient, AttachRequest, ModuleControl } from './module-control.ts';
import type { WatchRequest } from './watch-hub.ts';
import { parseRequest } from './parse-request.ts';
import {
  MAX_REQUEST_BYTES,
  type AttachEvent,
  type ControlFailure,
  type ControlReply,
  type ControlRequest,
} from './protocol.ts';

/** How long a client may be silent between requests. */
const IDLE_MS = 300_000;
/** An attached client that lets this much lie unread is taken for dead, bytes. */
const MAX_UNREAD_EVENTS = 1 << 20;

/** How long a client may take to read what it was told last, when the module has nothing more for it. */
const CLOSING_MS = 1000;

/** A request of more bytes is large. What is read ahead while another request is served stays below. */
const LARGE_BYTES = 256 << 10;

const TOO_LONG: ControlFailure = { ok: false, code: 'too-long', text: 'The request is too long.' };

/** What a connection needs of its server. */
export interface ConnectionPorts {
  readonly control: ModuleControl;
  /** Whether there is memory for a large request now. If so, `leaveLarge` says when it is done with. */
  readonly enterLarge: () => boolean;
  readonly leaveLarge: () => void;
  readonly onClosed: () => void;
  readonly patience: Patience;
  readonly loadPassing: PassingLoader;
}

/** How long clients are waited for. */
export interface Patience {
  /** For a whole request, and for reading a reply. */
  readonly requestMs: number;
  /** For the descriptors of a client that attaches. */
  readonly descriptorsMs: number;
}

/** One client of a control server: its requests are answered one after the other. */
export class ControlConnection {
  readonly #socket: Socket;
  readonly #ports: ConnectionPorts;
  readonly #lines = new LineBuffer(MAX_REQUEST_BYTES);
  #isLarge = false;
  #isReloading = false;
  #isBusy = false;
  #hasEnded = false;
  #isClosed = false;
  #hasAsked = false;
  #attached: ConnectedClient | undefined;
  #watcher: ConnectedWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(socket: Socket, ports: ConnectionPorts) {
    this.#socket = socket;
    this.#ports = ports;
    socket.unref();
    socket.on('data', (chunk: Buffer) => this.#onData(chunk));
    socket.on('end', () => {
      this.#hasEnded = true;
      this.#goOn();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => this.#onClosed());
    this.#expect(this.#ports.patience.requestMs);
  }

  /** Ends the connection once what was written is out, at the latest after `graceMs`. */
  close(graceMs: number): void {
    this.#isBusy = true;
    this.#expect(undefined);
    this.#socket.ref();
    this.#socket.end();
    this.#timer = setTimeout(() => this.#socket.destroy(), graceMs);
  }

  #onData(chunk: Buffer): void {
    const hadPart = this.#lines.hasPart;
    this.#lines.add(chunk);
    if (!this.#makeRoom()) {
      this.#refuse({ ok: false, code: 'busy', text: 'The module is busy with another large request.' });
      return;
    }
    if (this.#lines.hasPart && !hadPart && this.#attached === undefined)
      this.#expect(this.#ports.patience.requestMs);
    this.#goOn();
  }

  /** Serves what has arrived, up to a request that takes time. */
  #goOn(): void {
    while (!this.#isBusy && !this.#isClosed) {
      const line = this.#lines.take();
      if (line === undefined) break;
      this.#serve(line);
    }
    if (this.#isBusy || this.#isClosed) return;
    if (this.#lines.size <= LARGE_BYTES) this.#leaveLarge();
    if (this.#lines.isTooLong) this.#refuse(TOO_LONG);
    else if (this.#hasEnded) this.#socket.end();
  }

  #serve(line: string): void {
    const request = parseRequest(line);
    if (!('op' in request)) {
      this.#reply(request);
      return;
    }
    this.#hasAsked = true;
    try {
      this.#dispatch(request);
    } catch (error) {
      this.#reply(failureOf(error));
    }
  }

  #dispatch(request: ControlRequest): void {
    const { control } = this.#ports;
    switch (request.op) {
      case 'describe':
        this.#reply({ ok: true, module: control.describe() });
        return;
      case 'stop':
        // Whoever reads the output may end the module; the others ask first.
        this.#reply(control.stop(request.force || this.#attached !== undefined));
        return;
      case 'attach':
        this.#attach(request).catch((error: unknown) => this.#release(failureOf(error)));
        return;
      case 'detach':
        this.#detach();
        return;
      case 'rotate':
        this.#rotate();
        return;
      case 'get': {
        const globals = control.globals(request.name, request.keys ?? []);
        this.#reply('ok' in globals ? globals : { ok: true, globals });
        return;
      }
      case 'source':
        this.#reply(control.source());
        return;
      case 'watch':
        this.#watch(request);
        return;
      case 'set':
        this.#reply(control.set(request.name, request.keys, request.value));
        return;
      case 'switch':
        this.#reply(control.switchProbe(request.probe, request.on));
        return;
      case 'reload':
        this.#hold();
        this.#isReloading = true;
        void control.reload(request).then(
          (reply) => this.#release(reply),
          (error: unknown) => this.#release(failureOf(error)),
        );
        return;
    }
  }

  #reply(reply: ControlReply): void {
    const isOut = this.#socket.write(controlLine(reply));
    const isWaiting = this.#hasAsked && !this.#lines.hasPart;
    this.#expect(isWaiting ? IDLE_MS : this.#ports.patience.requestMs);
    if (isOut) return;
    // Nothing more is read for a client that does not read: memory stays bounded by one reply.
    this.#hold();
    this.#expectReading();
    this.#socket.once('drain', () => this.#release());
  }

  /** Patience with a client that reads what it was told. One that watches has more to read. */
  #expectReading(): void {
    const { requestMs } = this.#ports.patience;
    const readBytes = (): number => this.#socket.bytesWritten - this.#socket.writableLength;
    const before = readBytes();
    this.#expect(requestMs, () => {
      if (this.#watcher !== undefined && readBytes() > before) this.#expectReading();
      else this.#socket.destroy();
    });
  }

  #refuse(failure: ControlFailure): void {
    this.#socket.write(controlLine(failure));
    this.close(CLOSING_MS);
    // What it still sends is thrown away, so that it comes to read why.
    this.#socket.removeAllListeners('data');
    this.#socket.resume();
  }

  #hold(): void {
    this.#isBusy = true;
    this.#socket.pause();
    this.#expect(undefined);
  }

  #release(reply?: ControlReply): void {
    this.#isReloading = false;
    if (this.#isClosed) {
      this.#leaveLarge();
      return;
    }
    this.#isBusy = false;
    this.#expect(this.#lines.hasPart ? this.#ports.patience.requestMs : IDLE_MS);
    this.#socket.resume();
    if (reply !== undefined) this.#reply(reply);
    this.#goOn();
  }

  #watch(request: WatchRequest): void {
    if (this.#attached !== undefined) {
      this.#reply({ ok: false, code: 'attached', text: 'This connection is attached.' });
      return;
    }
    const watcher = this.#watcher ?? new ConnectedWatcher(this.#socket, () => this.close(CLOSING_MS));
    const reply = this.#ports.control.watch(watcher, request);
    if (reply.ok) this.#watcher = watcher;
    this.#reply(reply);
    watcher.replied();
  }

  async #attach(request: AttachRequest): Promise<void> {
    if (this.#watcher !== undefined) {
      this.#reply({ ok: false, code: 'not-possible', text: 'This connection watches the module.' });
      return;
    }
    if (this.#attached !== undefined || this.#lines.size > 0) {
      this.#reply({ ok: false, code: 'attached', text: 'This connection is attached already.' });
      return;
    }
    const permission = this.#ports.control.mayAttach(request);
    if (!permission.ok) {
      this.#reply(permission);
      return;
    }
    this.#hold();
    const { receiveOutputDescriptors } = await import('./receive-descriptors.ts');
    const received = await receiveOutputDescriptors(
      await this.#ports.loadPassing(),
      this.#socket,
      () => void this.#socket.write(controlLine(permission)),
      this.#ports.patience.descriptorsMs,
    );
    if ('ok' in received) {
      this.#release(received);
      return;
    }
    const [outFd, errFd] = received.fds;
    if (this.#isClosed) {
      for (const fd of received.fds) closeSync(fd);
      return;
    }
    this.#start(new ConnectedClient(this.#socket, received.pid ?? request.pid), request, outFd, errFd);
  }

  #start(client: ConnectedClient, request: AttachRequest, outFd: number, errFd: number): void {
    let reply: ControlReply;
    this.#attached = client;
    try {
      reply = this.#ports.control.attach(client, request, outFd, errFd);
    } catch (error) {
      reply = failureOf(error);
    }
    if (!reply.ok) {
      this.#attached = undefined;
      this.#release(reply);
      return;
    }
    this.#release();
    this.#expect(undefined);
    client.begin();
  }

  #detach(): void {
    const client = this.#attached;
    if (client === undefined) {
      this.#reply({ ok: false, code: 'not-attached', text: 'This connection is not attached.' });
      return;
    }
    this.#attached = undefined;
    this.#ports.control.detach(client);
    this.#reply({ ok: true });
    client.tell({ event: 'detached' });
  }

  #rotate(): void {
    if (this.#attached === undefined) {
      this.#reply({ ok: false, code: 'not-attached', text: 'This connection is not attached.' });
      return;
    }
    this.#ports.control.rotate(this.#attached);
    this.#reply({ ok: true });
  }

  /** Destroys the connection when nothing happens for so long; undefined: it may take any time. */
  #expect(withinMs: number | undefined, onSilence = () => void this.#socket.destroy()): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#isClosed || withinMs === undefined) return;
    if ((this.#attached !== undefined || this.#watcher !== undefined) && withinMs === IDLE_MS) return;
    this.#timer = setTimeout(onSilence, withinMs).unref();
  }

  /** False when what has arrived is a large request and there is another one. */
  #makeRoom(): boolean {
    if (this.#isLarge || this.#lines.size <= LARGE_BYTES) return true;
    this.#isLarge = this.#ports.enterLarge();
    return this.#isLarge;
  }

  #leaveLarge(): void {
    if (this.#isLarge) this.#ports.leaveLarge();
    this.#isLarge = false;
  }

  #onClosed(): void {
    this.#isClosed = true;
    // What it sent to be loaded is held until that is done, whether anybody waits for it or not.
    if (!this.#isReloading) this.#leaveLarge();
    clearTimeout(this.#timer);
    const client = this.#attached;
    this.#attached = undefined;
    if (this.#watcher !== undefined) this.#ports.control.unwatch(this.#watcher);
    if (client !== undefined && !client.isClosed) this.#ports.control.detach(client);
    this.#ports.onClosed();
  }
}

/** The reader of a module's output at the other end of a connection. */
class ConnectedClient implements AttachedClient {
  readonly pid: number;
  readonly #socket: Socket;
  /** Events told before the client knows that it is attached. */
  #early: AttachEvent[] | undefined = [];
  #isClosed = false;

  constructor(socket: Socket, pid: number) {
    this.#socket = socket;
    this.pid = pid;
  }

  /** True after close(): the module knows that it has no reader. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  begin(): void {
    const early = this.#early ?? [];
    this.#early = undefined;
    this.tell({ event: 'attached' });
    for (const event of early) this.tell(event);
    if (this.#isClosed) this.#socket.end();
  }

  tell(event: AttachEvent): void {
    if (this.#early !== undefined) {
      this.#early.push(event);
      return;
    }
    if (this.#socket.destroyed || this.#socket.writableEnded) return;
    this.#socket.write(controlLine(event));
    if (this.#socket.writableLength > MAX_UNREAD_EVENTS) this.#socket.destroy();
  }

  close(): void {
    this.#isClosed = true;
    if (this.#early === undefined) this.#socket.end();
  }
}

/** A request must not end the module, whatever is wrong with it. */
function failureOf(error: unknown): ControlFailure {
  const text = error instanceof Error ? error.message : String(error);
  return { ok: false, code: 'not-possible', text };
}
