import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { startControlServer, type ControlServer } from '../../control/control-server.ts';
import type {
  ControlReply,
  GlobalDescription,
  ModuleDescription,
  ProbeDescription,
} from '../../control/protocol.ts';
import { RecordedControl } from '../../control/testing/recorded-control.ts';
import { claimModule, type ModuleClaim } from '../../registry/module-claim.ts';
import { observeModule } from '../../observe/observed-module.ts';
import type { ModuleObserver } from '../../observe/module-observer.ts';
import { listModules, type ListedModule } from '../../registry/module-list.ts';
import type { ApiHistory } from '../api.ts';
import type { ServedModules } from '../dashboard-options.ts';

/** A module of this process with a real entry, control socket and directory. Texts are byte strings. */
export class TestModule extends RecordedControl {
  readonly root: string;
  readonly name: string;
  readonly directory: string;
  globalList: readonly GlobalDescription[] = [];
  probeList: ProbeDescription[] = [];
  fileList: readonly string[] = [];
  errorCount = 0;
  refusal: ControlReply = { ok: true };
  readonly #claim: ModuleClaim;
  #server: ControlServer | undefined;

  private constructor(root: string, name: string) {
    super();
    this.root = root;
    this.name = name;
    this.directory = `${root}/${name}`;
    this.#claim = claimModule(root, { name, script: 'caf\xc3\xa9.stp' });
    mkdirSync(this.directory);
  }

  static async start(root: string, name: string): Promise<TestModule> {
    const module = new TestModule(root, name);
    module.#server = await startControlServer(module.#claim.controlSocket, module);
    module.#claim.update({ state: 'running', directory: module.directory });
    return module;
  }

  override describe(): ModuleDescription {
    return {
      ...super.describe(),
      entry: this.#claim.entry,
      options: ['-v', 'caf\xc3\xa9.stp'],
      errors: this.errorCount,
      globals: this.globalList,
      probes: this.probeList,
      files: this.fileList.map((path) => ({ path, mode: 0o600, reads: 1, writes: 2 })),
    };
  }

  override set(name: string, keys: readonly string[], value: string): ControlReply {
    super.set(name, keys, value);
    return this.refusal;
  }

  override switchProbe(probe: string, on: boolean): ControlReply {
    this.probeList = this.probeList.map((one) => (String(one.index) === probe ? { ...one, on } : one));
    return super.switchProbe(probe, on);
  }

  print(text: string, stream: 'out' | 'err' = 'out'): void {
    this.hub.takeOutput(stream, Buffer.from(text, 'latin1'));
    this.hub.flush();
  }

  /** Ends as a module does. */
  async end(): Promise<void> {
    this.hub.finish(() => ({ event: 'finished', status: 0, module: this.describe() }));
    await this.vanish();
  }

  /** Ends as a module does whose process is killed. */
  async vanish(): Promise<void> {
    await this.#server?.close();
    this.#server = undefined;
    rmSync(this.directory, { recursive: true, force: true });
    this.#claim.release();
  }
}

/** The modules of a directory of a test. */
export class TestModules implements ServedModules {
  readonly root = realpathSync(mkdtempSync(`${tmpdir()}/stap-dashboard-`));
  readonly #modules = new Map<string, TestModule>();
  readonly #observers = new Map<string, ModuleObserver>();
  readonly #listeners = new Set<() => void>();
  historyOfAll: ApiHistory = { timesMs: [1000], series: [{ name: 'n', values: [null] }] };

  async start(name: string): Promise<TestModule> {
    const module = await TestModule.start(this.root, name);
    this.#modules.set(name, module);
    this.changed();
    return module;
  }

  list(): readonly ListedModule[] {
    return listModules([this.root]);
  }

  observer(name: string): ModuleObserver | undefined {
    const known = this.#observers.get(name);
    if (known !== undefined) return known;
    const module = this.list().find(({ entry }) => entry.name === name);
    if (module === undefined) return undefined;
    const observer = observeModule(module, { onEnded: () => this.#observers.delete(name) });
    this.#observers.set(name, observer);
    return observer;
  }

  history(): ApiHistory {
    return this.historyOfAll;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  changed(): void {
    for (const listener of this.#listeners) listener();
  }

  async close(): Promise<void> {
    for (const observer of this.#observers.values()) observer.close();
    for (const module of this.#modules.values()) await module.vanish();
    rmSync(this.root, { recursive: true, force: true });
  }
}
