import type { ModuleSteering, SteeredModule } from './module-steering.ts';

/**
 * Those who ask a running module, and watch it, over its control socket. What there is for them is loaded when the first one
 * may come.
 */
export class ModuleAudience {
  readonly #module: SteeredModule;
  #steering: ModuleSteering | undefined;
  /** The end probes have run. */
  #endStatus: 0 | 1 | undefined;

  constructor(module: SteeredModule) {
    this.#module = module;
  }

  /** Somebody wants handlers to be measured. */
  get wantsTiming(): boolean {
    return this.#steering?.watchers.wantsTiming ?? false;
  }

  /** Output from now on is kept for the first one who asks for it. */
  async keepOutput(): Promise<void> {
    await this.#load(true);
  }

  /** Lets others connect. */
  async open(): Promise<void> {
    return this.#module.presence.openControl(await this.#load(false));
  }

  /** Another script runs from now on. */
  reloaded(): void {
    this.#steering?.watchers.tell({ event: 'reloaded' });
  }

  /** Those who watch, and those who come later, learn the last state. */
  finish(status: 0 | 1): void {
    this.#endStatus = status;
    this.#steering?.finish(status);
  }

  /** Tells the output so far. */
  flush(): void {
    this.#steering?.watchers.flush();
  }

  async #load(keepsOutput: boolean): Promise<ModuleSteering> {
    const { ModuleSteering } = await import('./module-steering.ts');
    if (this.#steering !== undefined) return this.#steering;
    const steering = new ModuleSteering(this.#module, keepsOutput);
    this.#steering = steering;
    this.#module.readers.onPassed = (stream, bytes) => steering.watchers.takeOutput(stream, bytes);
    if (this.#endStatus !== undefined) steering.finish(this.#endStatus);
    return steering;
  }
}
