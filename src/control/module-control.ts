import type {
  ControlReply,
  GlobalDescription,
  ModuleDescription,
  ControlRequest,
  AttachEvent,
} from './protocol.ts';
import type { WatchingClient, WatchRequest } from './watch-hub.ts';

/** What `staprun -A` sends. */
export type AttachRequest = Extract<ControlRequest, { op: 'attach' }>;
/** What `stap-ctl NAME reload` sends. */
export type ReloadRequest = Extract<ControlRequest, { op: 'reload' }>;

/** One attached client, as the module sees it. */
export interface AttachedClient {
  readonly pid: number;
  /** Tells the client something; ignored when it has gone. */
  tell(event: AttachEvent): void;
  /** Ends the connection after what was told. */
  close(): void;
}

/**
 * What a control server asks of the running module. Calls come on the event loop, between handlers. Nothing throws for
 * bad input: a ControlFailure is returned.
 */
export interface ModuleControl {
  describe(): ModuleDescription;
  /** `failure` when it is refused. Otherwise the end is under way when this returns. */
  stop(force: boolean): ControlReply;
  /** Whether a client may attach now. */
  mayAttach(request: AttachRequest): ControlReply;
  /** The client's descriptors have arrived, this object owns them now. */
  attach(client: AttachedClient, request: AttachRequest, outFd: number, errFd: number): ControlReply;
  /** The client asked to detach, or its connection ended (it was killed). */
  detach(client: AttachedClient): void;
  /** The client asked for the next output file. */
  rotate(client: AttachedClient): void;
  /** With `keys`, texts as for `set`, of an array only that element, if there is one. */
  globals(name: string | undefined, keys: readonly string[]): readonly GlobalDescription[] | ControlReply;
  /** The texts of the script. */
  source(): ControlReply;
  /** The client is told what happens from now on; asked again, its wishes change. */
  watch(client: WatchingClient, request: WatchRequest): ControlReply;
  /** The client's connection has ended. Also for one that does not watch. */
  unwatch(client: WatchingClient): void;
  set(name: string, keys: readonly string[], value: string): ControlReply;
  switchProbe(probe: string, on: boolean): ControlReply;
  reload(request: ReloadRequest): Promise<ControlReply>;
}
