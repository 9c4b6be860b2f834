import { BTF_KIND } from '../btf/btf-kind.ts';
import type { BtfReader } from '../btf/btf-reader.ts';
import { withoutTypedefs } from '../btf/type-chain.ts';
import type { ParameterFacts, TracepointFacts } from '../probes/kernel-facts.ts';
import { typeFacts } from './kernel-types.ts';

/** The kernel has a typedef for each tracepoint: pointer to a function with its parameters. */
const TYPEDEF_PREFIX = 'btf_trace_';
/** And a function that calls all probes of it, which knows the names of the parameters (Linux 5.10). */
const CALLER_PREFIX = '__traceiter_';
/** `void *__data`: what the kernel hands to each probe of its own. */
const INTERNAL_PARAMETERS = 1;

/** Names of all tracepoints that BTF has, in the order of their ids. */
export function btfTracepointNames(reader: BtfReader): readonly string[] {
  return reader
    .startingWith(BTF_KIND.typedef, TYPEDEF_PREFIX)
    .map((id) => reader.name(id).slice(TYPEDEF_PREFIX.length));
}

/** A tracepoint whose group is asked for, by `groupOf`, when somebody looks at it. */
export function tracepointNamed(
  name: string,
  groupOf: (name: string) => string | undefined,
): TracepointFacts {
  return {
    name,
    get group() {
      return groupOf(name);
    },
  };
}

/** Parameters of a tracepoint and the id of its typedef; `arg1`, `arg2` … where the kernel does not tell their names. */
export function btfTracepointParameters(
  reader: BtfReader,
  name: string,
): { readonly btfId: number; readonly parameters: readonly ParameterFacts[] } | undefined {
  const btfId = reader.find(BTF_KIND.typedef, `${TYPEDEF_PREFIX}${name}`);
  if (btfId === undefined) return undefined;
  const pointer = withoutTypedefs(reader, btfId);
  if (reader.kind(pointer) !== BTF_KIND.pointer) return undefined;
  const prototype = withoutTypedefs(reader, reader.sizeOrType(pointer));
  if (reader.kind(prototype) !== BTF_KIND.prototype) return undefined;
  const caller = reader.find(BTF_KIND.function, `${CALLER_PREFIX}${name}`);
  const named = caller === undefined ? prototype : reader.sizeOrType(caller);
  const hasNames = reader.partCount(named) === reader.partCount(prototype);
  return { btfId, parameters: parameterFacts(reader, prototype, hasNames ? named : prototype) };
}

function parameterFacts(reader: BtfReader, prototype: number, named: number): readonly ParameterFacts[] {
  const count = Math.max(0, reader.partCount(prototype) - INTERNAL_PARAMETERS);
  return Array.from({ length: count }, (_, index) => {
    const part = 2 * (index + INTERNAL_PARAMETERS);
    const name = reader.text(reader.extra(named, part));
    return {
      name: name === '' ? `arg${index + 1}` : name,
      type: typeFacts(reader, reader.extra(prototype, part + 1)),
    };
  });
}
