import { BTF_KIND } from '../btf/btf-kind.ts';
import type { BtfReader } from '../btf/btf-reader.ts';
import type { KernelFacts, ParameterFacts } from '../probes/kernel-facts.ts';
import { typeFacts } from './kernel-types.ts';

/** Names of all functions that BTF describes, each once, in the order of their ids. */
export function functionNames(reader: BtfReader): readonly string[] {
  return [...new Set(reader.ids(BTF_KIND.function).map((id) => reader.name(id)))];
}

/** Parameters and result of a function; of several with that name, of the first. */
export function functionFacts(reader: BtfReader, name: string): ReturnType<KernelFacts['functionFacts']> {
  const btfId = reader.find(BTF_KIND.function, name);
  if (btfId === undefined) return undefined;
  const prototype = reader.sizeOrType(btfId);
  const result = typeFacts(reader, reader.sizeOrType(prototype));
  return { btfId, parameters: functionParameters(reader, prototype), result };
}

function functionParameters(reader: BtfReader, prototype: number): readonly ParameterFacts[] {
  const count = reader.partCount(prototype);
  const types = Array.from({ length: count }, (_, index) => reader.extra(prototype, 2 * index + 1));
  // A last parameter of type void stands for the three dots.
  const named = types.at(-1) === 0 ? types.slice(0, -1) : types;
  return named.map((type, index) => ({
    name: reader.text(reader.extra(prototype, 2 * index)) || `arg${index + 1}`,
    type: typeFacts(reader, type),
  }));
}
