import { closeSync, writeSync } from 'node:fs';
import type { AttachedClient, AttachRequest, ModuleControl, ReloadRequest } from '../module-control.ts';
import type { ControlReply, GlobalDescription, ModuleDescription } from '../protocol.ts';
import { WatchHub, type WatchingClient, type WatchRequest } from '../watch-hub.ts';

/** A module for tests of the control socket: keeps what it was asked, writes a line to whoever attaches. */
export class RecordedControl implements ModuleControl {
  readonly calls: string[] = [];
  hub = new WatchHub({ onTiming: (isWanted) => this.calls.push(`timing ${isWanted}`) });
  readonly #descriptors: number[] = [];
  client: AttachedClient | undefined;
  globalsAnswer: readonly GlobalDescription[] = [];
  reloading: Promise<ControlReply> = Promise.resolve({ ok: true });

  describe(): ModuleDescription {
    this.calls.push('describe');
    return {
      entry: {
        formatVersion: 1,
        name: 'recorded',
        state: 'running',
        pid: process.pid,
        startTicks: '1',
        uid: 0,
        startedAtMs: 0,
        script: 'caf\xc3\xa9.stp',
        directory: undefined,
        files: [],
      },
      version: '0',
      options: [],
      scriptArguments: [],
      memoryBytes: 1,
      openFiles: 0,
      clients: [],
      errors: 0,
      bufferedBytes: 0,
      lostBytes: 0,
      warnings: 2,
      skipped: { lostRecords: 3, nested: 4 },
      cpuSeconds: 0.5,
      outputBytes: 6,
      files: [{ path: 'caf\xc3\xa9', mode: 0o400, reads: 7, writes: 0 }],
      globals: this.globalsAnswer,
      probes: [],
    };
  }

  stop(force: boolean): ControlReply {
    this.calls.push(`stop ${force}`);
    if (this.client !== undefined && !force) return { ok: false, code: 'in-use', text: 'in use' };
    return { ok: true };
  }

  mayAttach(request: AttachRequest): ControlReply {
    this.calls.push(`mayAttach ${request.pid}`);
    return this.client === undefined ? { ok: true } : { ok: false, code: 'attached', text: 'attached' };
  }

  attach(client: AttachedClient, _request: AttachRequest, outFd: number, errFd: number): ControlReply {
    this.calls.push(`attach ${client.pid}`);
    this.client = client;
    this.#descriptors.push(outFd, errFd);
    writeSync(outFd, 'output\n');
    writeSync(errFd, 'errors\n');
    return { ok: true };
  }

  detach(client: AttachedClient): void {
    this.calls.push(`detach ${client.pid}`);
    this.client = undefined;
    for (const fd of this.#descriptors.splice(0)) closeSync(fd);
  }

  rotate(client: AttachedClient): void {
    this.calls.push(`rotate ${client.pid}`);
  }

  globals(name: string | undefined, keys: readonly string[]): readonly GlobalDescription[] | ControlReply {
    this.calls.push(keys.length === 0 ? `globals ${name}` : `globals ${name}[${keys.join(',')}]`);
    return name === 'none' ? { ok: false, code: 'unknown-global', text: 'unknown' } : this.globalsAnswer;
  }

  source(): ControlReply {
    return { ok: true, sources: [{ name: '<input>', text: 'probe begin {}' }] };
  }

  watch(client: WatchingClient, request: WatchRequest): ControlReply {
    this.calls.push(`watch ${request.output} ${request.timing}`);
    const answer = this.hub.watch(client, request);
    return answer.ok ? { ok: true } : answer;
  }

  unwatch(client: WatchingClient): void {
    this.calls.push('unwatch');
    this.hub.unwatch(client);
  }

  set(name: string, keys: readonly string[], value: string): ControlReply {
    this.calls.push(`set ${name}[${keys.join(',')}]=${value}`);
    if (name === 'throws') throw new Error('thrown');
    return { ok: true };
  }

  switchProbe(probe: string, on: boolean): ControlReply {
    this.calls.push(`switch ${probe} ${on}`);
    return { ok: true };
  }

  reload(request: ReloadRequest): Promise<ControlReply> {
    this.calls.push(`reload ${request.module.length} ${request.script}`);
    return this.reloading;
  }
}
