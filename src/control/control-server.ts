import { chmodSync, renameSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { basename, dirname } from 'node:path';
import { ControlConnection, type Patience } from './control-connection.ts';
import { controlLine } from './control-text.ts';
import type { ModuleControl } from './module-control.ts';
import { MAX_CONNECTIONS, MAX_REQUEST_BYTES } from './protocol.ts';
import { socketPlace, type SocketPlace } from './socket-place.ts';

/** Requests of all clients that are not served yet may take this many bytes. */
const MAX_HELD_BYTES = 3 * MAX_REQUEST_BYTES;
/** How long clients may take to read what they were told last. */
const CLOSING_MS = 300;
const BACKLOG = 511;
const PATIENCE: Patience = { requestMs: 10_000, descriptorsMs: 2000 };

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
  #heldBytes = 0;

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
    // Running out of descriptors must not end the module.
    this.#server.on('error', () => undefined);
    try {
      chmodSync(path, 0o600);
      renameSync(path, socketPath);
    } catch (error) {
      this.#server.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const connection of this.#connections) connection.close(CLOSING_MS);
    await closed;
    this.#place.close();
  }

  #accept(socket: Socket): void {
    if (this.#connections.size >= MAX_CONNECTIONS) {
      socket.on('error', () => undefined);
      socket.end(controlLine({ ok: false, code: 'busy', text: 'Too many connections.' }), () =>
        socket.destroy(),
      );
      return;
    }
    const connection = new ControlConnection(socket, {
      control: this.#control,
      patience: this.#patience,
      account: (bytes) => {
        this.#heldBytes += bytes;
        return this.#heldBytes <= MAX_HELD_BYTES;
      },
      onClosed: () => this.#connections.delete(connection),
    });
    this.#connections.add(connection);
  }
}
