import { ControlClient, ControlError } from '../control/control-client.ts';
import { parseDescription } from '../control/parse-description.ts';
import type { ControlReply, ControlRequest, ModuleDescription } from '../control/protocol.ts';
import type { ModuleObserver } from '../observe/module-observer.ts';
import { stillRuns, type ListedModule } from '../registry/module-list.ts';

/** Asks a module, each time over a new connection. */
export class SimpleObserver implements ModuleObserver {
  readonly name: string;
  readonly root: string;
  readonly #module: ListedModule;
  #asked: { readonly atMs: number; readonly answer: Promise<ModuleDescription> } | undefined;

  constructor(module: ListedModule) {
    this.name = module.entry.name;
    this.root = module.root;
    this.#module = module;
  }

  get isConnected(): boolean {
    return stillRuns(this.#module);
  }

  describe(maxAgeMs: number): Promise<ModuleDescription> {
    const nowMs = performance.now();
    if (this.#asked === undefined || nowMs - this.#asked.atMs > maxAgeMs)
      this.#asked = { atMs: nowMs, answer: this.#describe() };
    return this.#asked.answer;
  }

  async #describe(): Promise<ModuleDescription> {
    const reply = await this.request({ op: 'describe' });
    const parsed = parseDescription(reply);
    if (parsed === undefined) throw new ControlError('no-answer', 'The module does not answer');
    return { entry: this.#module.entry, ...parsed };
  }

  async request(request: ControlRequest, withinMs?: number): Promise<ControlReply> {
    const client = await ControlClient.connect(this.#module.home);
    try {
      return await client.request(request, withinMs);
    } finally {
      client.close();
    }
  }

  listen(): () => void {
    return () => undefined;
  }

  close(): void {
    this.#asked = undefined;
  }
}
