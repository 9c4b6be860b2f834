import type { Block } from '../../ast/statement.ts';
import type { DerivedProbe } from '../../semantic/program.ts';
import type { EventSource } from './event-source.ts';

/** Keeps what was found out about a body at events of one kind: many probes of a declaration have the same body. */
export class ByHandler<T> {
  readonly #known = new Map<Block, Map<string, T>>();

  /** What is known of the probe at such events; nothing of one that is more than its body. */
  get({ body, condition, merged }: DerivedProbe, { kind }: EventSource): T | undefined {
    if (kind === undefined || condition !== undefined || merged !== undefined) return undefined;
    return this.#known.get(body)?.get(kind);
  }

  set({ body, condition, merged }: DerivedProbe, { kind }: EventSource, found: T): void {
    if (kind === undefined || condition !== undefined || merged !== undefined) return;
    const byKind = this.#known.get(body) ?? new Map<string, T>();
    this.#known.set(body, byKind.set(kind, found));
  }
}
