import { closeSync } from 'node:fs';
import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import {
  startReading,
  stopReading,
  streamHandle,
  type DescriptorPassing,
  type ReceivedDescriptors,
} from './descriptor-passing.ts';
import type { ControlFailure } from './protocol.ts';

/** Standard output and standard error of a client. */
export interface OutputDescriptors {
  readonly fds: readonly [out: number, err: number];
  /** The client's process as the kernel knows it. */
  readonly pid: number | undefined;
}

const PAUSE_MS = 2;

/**
 * Receives a client's two descriptors. `ready` tells the client to send them; Node does not read the socket from
 * before that call until this resolves. Anything else that arrives is closed and gives a failure.
 */
export async function receiveOutputDescriptors(
  passing: DescriptorPassing,
  socket: Socket,
  ready: () => void,
  withinMs: number,
): Promise<OutputDescriptors | ControlFailure> {
  const handle = streamHandle(socket);
  if (handle === undefined) return failure('Descriptors cannot be received here.');
  stopReading(handle);
  ready();
  try {
    const received = await waitForDescriptors(passing, socket, handle.fd, withinMs);
    if (received.kind !== 'received') return failure('No descriptors came.');
    const [out, err, ...others] = received.fds;
    if (received.complete && out !== undefined && err !== undefined && others.length === 0) {
      const { pid = 0 } = passing.peer(handle.fd) ?? {};
      // 0: in a namespace that this process cannot see.
      return { fds: [out, err], pid: pid > 0 ? pid : undefined };
    }
    for (const fd of received.fds) closeSync(fd);
    return failure('Two descriptors are needed: standard output and standard error.');
  } finally {
    if (!socket.destroyed) startReading(handle);
  }
}

async function waitForDescriptors(
  passing: DescriptorPassing,
  socket: Socket,
  fd: number,
  withinMs: number,
): Promise<ReceivedDescriptors> {
  const deadlineMs = performance.now() + withinMs;
  while (!socket.destroyed && performance.now() < deadlineMs) {
    const received = passing.receive(fd);
    if (received.kind !== 'nothing-yet') return received;
    await pause(PAUSE_MS);
  }
  return { kind: 'nothing-yet' };
}

function failure(text: string): ControlFailure {
  return { ok: false, code: 'bad-request', text };
}
