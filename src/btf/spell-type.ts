import { BtfError } from './btf-error.ts';
import { BTF_KIND } from './btf-kind.ts';
import type { BtfReader } from './btf-reader.ts';
import { withoutQualifiers } from './type-chain.ts';

/** Types that one spelling may go through; those of Linux need some dozens. */
const MOST_STEPS = 1000;

/** A type as C writes it without a name: `const char *`, `int (*)(struct page *)`, `u8[16]`. Tags are left out. */
export function spellType(reader: BtfReader, id: number): string {
  return spell(reader, id, { left: MOST_STEPS });
}

function spell(reader: BtfReader, id: number, steps: { left: number }): string {
  let at = id;
  let inner = '';
  let qualifiers = '';
  for (;;) {
    if (--steps.left < 0) throw new BtfError(`type ${id} cannot be written in C`);
    const kind = reader.kind(at);
    switch (kind) {
      case BTF_KIND.const:
      case BTF_KIND.volatile:
      case BTF_KIND.restrict:
        qualifiers += `${QUALIFIER_WORDS[kind]} `;
        at = reader.sizeOrType(at);
        break;
      case BTF_KIND.typeTag:
        at = reader.sizeOrType(at);
        break;
      case BTF_KIND.pointer:
        inner = `*${inner === '' || inner.startsWith('*') ? qualifiers.trimEnd() : qualifiers}${inner}`;
        qualifiers = '';
        at = reader.sizeOrType(at);
        if (bindsTighter(reader, at)) inner = `(${inner})`;
        break;
      case BTF_KIND.array:
        inner += `[${reader.extra(at, 2)}]`;
        at = reader.extra(at, 0);
        break;
      case BTF_KIND.prototype:
        inner += `(${spellParameters(reader, at, steps)})`;
        at = reader.sizeOrType(at);
        break;
      default:
        return `${qualifiers}${spellBase(reader, at)}${inner === '' || inner.startsWith('[') ? '' : ' '}${inner}`;
    }
  }
}

const QUALIFIER_WORDS = {
  [BTF_KIND.const]: 'const',
  [BTF_KIND.volatile]: 'volatile',
  [BTF_KIND.restrict]: 'restrict',
} as const;

/** Arrays and functions, where a pointer to them needs parentheses. */
function bindsTighter(reader: BtfReader, id: number): boolean {
  const kind = reader.kind(withoutQualifiers(reader, id));
  return kind === BTF_KIND.array || kind === BTF_KIND.prototype;
}

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
