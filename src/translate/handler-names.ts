import type { Block } from '../ast/statement.ts';
import { isKernelEvent } from '../module/probe-event.ts';
import type { DerivedProbe } from '../semantic/program.ts';

/** The JavaScript functions of handlers, in order of the probes: probes with the same body have the same function. */
export class HandlerNames {
  readonly names: string[] = [];
  /** By body; handlers at events of the kernel have a limit of their own. */
  readonly #written = { kernel: new Map<Block, string>(), other: new Map<Block, string>() };

  /** Adds the handler of a probe; false when an earlier one's function does, which is named instead. */
  add({ body, event, merged }: DerivedProbe, name: string): boolean {
    const written = this.#written[isKernelEvent(event) ? 'kernel' : 'other'];
    const known = merged === undefined ? written.get(body) : undefined;
    this.names.push(known ?? name);
    if (merged === undefined && known === undefined) written.set(body, name);
    return known === undefined;
  }
}
