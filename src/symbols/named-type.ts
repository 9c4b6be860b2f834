import { BTF_KIND } from '../btf/btf-kind.ts';
import type { BtfKind } from '../btf/btf-kind.ts';
import type { BtfReader } from '../btf/btf-reader.ts';

const TAGS: Readonly<Partial<Record<string, readonly BtfKind[]>>> = {
  struct: [BTF_KIND.struct],
  union: [BTF_KIND.union],
  enum: [BTF_KIND.enum, BTF_KIND.enum64],
};
/** A bare name means whichever there is; structures are asked for most. */
const BARE: readonly BtfKind[] = [
  BTF_KIND.struct,
  BTF_KIND.union,
  BTF_KIND.typedef,
  BTF_KIND.enum,
  BTF_KIND.enum64,
  BTF_KIND.integer,
  BTF_KIND.float,
];
const INTEGER_WORDS =
  /^(?:unsigned|signed|long|short|int|char)(?: (?:unsigned|signed|long|short|int|char))*$/;

/** Id of a type by its C name: `task_struct`, `struct task_struct`, `pid_t`, `unsigned long`, `void`. */
export function findNamedType(reader: BtfReader, name: string): number | undefined {
  const words = name.split(/\s+/).filter((word) => word !== '' && word !== 'const' && word !== 'volatile');
  const [first = '', second] = words;
  // Anonymous types have an empty name.
  if (first === '') return undefined;
  if (words.length === 1 && first === 'void') return 0;
  const text = words.join(' ');
  if (INTEGER_WORDS.test(text)) return reader.find(BTF_KIND.integer, integerName(words));
  if (second === undefined) return findOfKinds(reader, BARE, first);
  const kinds = words.length === 2 ? TAGS[first] : undefined;
  return kinds && findOfKinds(reader, kinds, second);
}

function findOfKinds(reader: BtfReader, kinds: readonly BtfKind[], name: string): number | undefined {
  for (const kind of kinds) {
    const id = reader.find(kind, name);
    if (id !== undefined) return id;
  }
  return undefined;
}

/** As compilers name it in debug information: `long unsigned int` for `unsigned long`. */
function integerName(words: readonly string[]): string {
  const has = (word: string) => words.includes(word);
  const isUnsigned = has('unsigned');
  if (has('char')) return `${isUnsigned ? 'unsigned ' : has('signed') ? 'signed ' : ''}char`;
  if (has('short')) return isUnsigned ? 'short unsigned int' : 'short int';
  const longs = 'long '.repeat(words.filter((word) => word === 'long').length);
  return `${longs}${isUnsigned ? 'unsigned ' : ''}int`;
}
