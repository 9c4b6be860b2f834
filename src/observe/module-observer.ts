import type { ControlReply, ControlRequest, ModuleDescription } from '../control/protocol.ts';

/** What an observer is told about a module. Text is a byte string. */
export interface ObserverListener {
  /** Output in order; `stream` err holds warnings and errors. Lines may be cut anywhere. */
  output(stream: 'out' | 'err', text: string, timeMs: number): void;
  /** Output was lost on its way to this observer, never to the readers of the module. */
  outputMissed(bytes: number): void;
  /** Another script runs under this name. */
  reloaded(): void;
  /** The module has ended; its last state where it could tell. Nothing follows. */
  ended(last: ModuleDescription | undefined): void;
}

/**
 * One running module, seen from another process through its control socket; it follows the module when that moves to
 * another process. Watching takes nothing from those who read the output.
 */
export interface ModuleObserver {
  readonly name: string;
  readonly root: string;
  /** False while the connection is made anew: the module moves, or is stopped. */
  readonly isConnected: boolean;
  /**
   * The state of the module, at most `maxAgeMs` old. Callers at the same time share one request.
   * @throws {ControlError} the module cannot be asked
   */
  describe(maxAgeMs: number): Promise<ModuleDescription>;
  /** @throws {ControlError} */
  request(request: ControlRequest, withinMs?: number): Promise<ControlReply>;
  /** Tells the listener from now on; the returned function ends that. */
  listen(listener: ObserverListener): () => void;
  /** Ends the connection. */
  close(): void;
}
