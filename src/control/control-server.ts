import { chmodSync, renameSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { basename, dirname } from 'node:path';
import { ControlConnection, type Patience } from './control-connection.ts';
import { controlLine } from './control-text.ts';
import type { DescriptorPassing, PassingLoader } from './descriptor-passing.ts';
import { mayControl } from './may-control.ts';
import type { ModuleControl } from './module-control.ts';
import { MAX_CONNECTIONS, type ControlFailure } from './protocol.ts';
import { socketPlace, type SocketPlace } from './socket-place.ts';

/** How long clients may take to read what they were told last. */
const CLOSING_MS = 300;
const BACKLOG = 511;
/** What costs time is loaded after the start, where nobody waits for it. */
const PREPARE_MS = 100;
const PATIENCE: Patience = { requestMs: 10_000, descriptorsMs: 2000 };

const FOREIGN: ControlFailure = {
  ok: false,
  code: 'not-possible',
  text: 'Another user may not control this module.',
};
const UNKNOWN: ControlFailure = {
  ok: false,
  code: 'busy',
  text: 'The module cannot find out who asks: it may have run out of file descriptors.',
};

/** A control socket in service. It does not keep the process alive. */
export interface ControlServer {
  /**
   * Serves nobody any more; resolves when clients have got what they were told, at most 0.3 s later. The socket's file
   * stays: another process may have replaced it.
   */
  close(): Promise<void>;
}

/**
 * Serves the control socket `socketPath` (`…/control`): bound under another name, readable and writable for its owner
 * only, then moved into place, so that a predecessor's socket is replaced without a gap.
 * Rejects with the system's error when that is not possible.
 */
export async function startControlServer(
  socketPath: string,
  control: ModuleControl,
  patience: Patience = PATIENCE,
): Promise<ControlServer> {
  const place = socketPlace(dirname(socketPath), `${basename(socketPath)}.${process.pid}`);
  try {
    const server = new ConnectionServer(place, control, patience);
    await server.listen(socketPath);
    return server;
  } catch (error) {
    place.close();
    throw error;
  }
}

class ConnectionServer implements ControlServer {
  readonly #place: SocketPlace;
  readonly #control: ModuleControl;
  readonly #patience: Patience;
  readonly #server: Server;
  readonly #connections = new Set<ControlConnection>();
  /** One large request at a time: memory stays bounded, however many clients send one slowly. */
  #hasLarge = false;
  /** Connections of which it is not known yet whose they are. */
  #arriving = 0;
  #closed = false;
  #passing: Promise<DescriptorPassing> | undefined;
  readonly #loadPassing: PassingLoader = () => {
    this.#passing ??= import('./descriptor-passing.ts').then((module) => module.loadDescriptorPassing());
    return this.#passing;
  };

  constructor(place: SocketPlace, control: ModuleControl, patience: Patience) {
    this.#place = place;
    this.#patience = patience;
    this.#control = control;
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket));
    this.#server.unref();
  }

  async listen(socketPath: string): Promise<void> {
    const { path } = this.#place;
    rmSync(path, { force: true });
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      // listen() binds before it returns: at no moment may others connect.
      const mask = process.umask(0o177);
      try {
        this.#server.listen({ path, backlog: BACKLOG }, resolve);
      } finally {
        process.umask(mask);
      }
    });
    this.#server.removeAllListeners('error');
    // Running out of descriptors must not end the module, nor keep it from loading what it needs to know who asks.
    this.#server.on('error', () => undefined);
    setTimeout(() => void this.#loadPassing().catch(() => undefined), PREPARE_MS).unref();
    try {
      chmodSync(path, 0o600);
      renameSync(path, socketPath);
    } catch (error) {
      this.#server.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const connection of this.#connections) connection.close(CLOSING_MS);
    await closed;
    this.#place.close();
  }

  #accept(socket: Socket): void {
    socket.on('error', () => undefined);
    if (this.#connections.size + this.#arriving >= MAX_CONNECTIONS) {
      refuse(socket, { ok: false, code: 'busy', text: 'Too many connections.' });
      return;
    }
    this.#arriving++;
    void mayControl(socket, this.#loadPassing)
      .then(
        (may) => (may ? undefined : FOREIGN),
        () => UNKNOWN,
      )
      .then((refusal) => {
        this.#arriving--;
        if (this.#closed || socket.destroyed) socket.destroy();
        else if (refusal === undefined) this.#serve(socket);
        else refuse(socket, refusal);
      });
  }

  #serve(socket: Socket): void {
    const connection = new ControlConnection(socket, {
      control: this.#control,
      patience: this.#patience,
      loadPassing: this.#loadPassing,
      enterLarge: () => {
        if (this.#hasLarge) return false;
        this.#hasLarge = true;
        return true;
      },
      leaveLarge: () => (this.#hasLarge = false),
      onClosed: () => this.#connections.delete(connection),
    });
    this.#connections.add(connection);
  }
}

function refuse(socket: Socket, failure: ControlFailure): void {
  // What it still sends is thrown away, so that it comes to read why.
  socket.resume();
  socket.end(controlLine(failure), () => socket.destroy());
}
