import { BtfError } from './btf-error.ts';
import { BTF_KIND } from './btf-kind.ts';
import type { BtfReader } from './btf-reader.ts';

/** Types that one spelling may go through; those of Linux need some dozens. */
const MOST_STEPS = 1000;

/**
 * A type as SystemTap's listings write it: what C says, read from the inside out, without lengths and tags. `char const*`,
 * `struct page* const`, `int[]*`, `int (*) (struct page*, ...)`.
 */
export function spellType(reader: BtfReader, id: number): string {
  return spell(reader, id, { left: MOST_STEPS });
}

function spell(reader: BtfReader, id: number, steps: { left: number }): string {
  let at = id;
  /** What stands behind the name of the innermost type. */
  let behind = '';
  for (;;) {
    if (--steps.left < 0) throw new BtfError(`type ${id} cannot be written in C`);
    const kind = reader.kind(at);
    switch (kind) {
      case BTF_KIND.const:
      case BTF_KIND.volatile:
      case BTF_KIND.restrict:
        behind = ` ${QUALIFIER_WORDS[kind]}${behind}`;
        at = reader.sizeOrType(at);
        break;
      case BTF_KIND.typeTag:
        at = reader.sizeOrType(at);
        break;
      case BTF_KIND.pointer:
        behind = `*${behind}`;
        at = reader.sizeOrType(at);
        break;
      case BTF_KIND.array:
        // An array of arrays is one of several dimensions.
        if (!behind.startsWith('[]')) behind = `[]${behind}`;
        at = reader.extra(at, 0);
        break;
      case BTF_KIND.prototype: {
        const result = spell(reader, reader.sizeOrType(at), steps);
        const parameters = spellParameters(reader, at, steps);
        return `${result}${behind === '' ? '' : ` (${behind})`} (${parameters})`;
      }
      default:
        return `${spellBase(reader, at)}${behind}`;
    }
  }
}

const QUALIFIER_WORDS = {
  [BTF_KIND.const]: 'const',
  [BTF_KIND.volatile]: 'volatile',
  [BTF_KIND.restrict]: 'restrict',
} as const;

function spellParameters(reader: BtfReader, id: number, steps: { left: number }): string {
  const count = reader.partCount(id);
  if (count === 0) return 'void';
  const texts: string[] = [];
  for (let index = 0; index < count; index++) {
    const type = reader.extra(id, 2 * index + 1);
    // A last parameter of type void stands for the three dots.
    texts.push(type === 0 ? '...' : spell(reader, type, steps));
    if (--steps.left < 0) throw new BtfError(`type ${id} cannot be written in C`);
  }
  return texts.join(', ');
}

function spellBase(reader: BtfReader, id: number): string {
  const name = reader.name(id);
  const tagged = (word: string) => `${word} ${name === '' ? '{...}' : name}`;
  switch (reader.kind(id)) {
    case BTF_KIND.struct:
      return tagged('struct');
    case BTF_KIND.union:
      return tagged('union');
    case BTF_KIND.enum:
    case BTF_KIND.enum64:
      return tagged('enum');
    case BTF_KIND.forward:
      return tagged(reader.flag(id) ? 'union' : 'struct');
    case BTF_KIND.void:
    case BTF_KIND.integer:
    case BTF_KIND.float:
    case BTF_KIND.typedef:
      return name;
    default:
      throw new BtfError(`type ${id} is no type of C`);
  }
}
