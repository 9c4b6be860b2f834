import type { Expression, Print } from '../ast/expression.ts';
import type { FormatConversion, FormatPart } from '../module/format.ts';
import type { Token } from '../source/token.ts';
import { numberLiteral, stringLiteral, type EventCalls } from './event-calls.ts';
import type { TypeFacts } from './kernel-facts.ts';
import { elementPlace, memberPlace, pointedTo, readPlace, type TypedPlace } from './typed-access.ts';

/** Values that one print function takes; what lies beyond is shown as `...`. */
const VALUE_LIMIT = 32;
/** Elements shown of an array. */
const ELEMENT_LIMIT = 8;
/** Bytes of a string value, its NUL included. */
const STRING_BYTES = 512;

/** `$x$`: members, but not those of members; `$x$$`: everything. */
type PrettyDepth = '$' | '$$';

/**
 * The text of a typed place as SystemTap's `$` and `$$` suffixes show it (stapprobes(3stap), "$EXPR$"): a `sprintf`
 * of all its parts, `{.pid=12, .comm="stap", .se={...}}`. A pointer to a structure shows the structure.
 * @throws DiagnosticError when a part cannot be read
 */
export function prettyText(place: TypedPlace, depth: PrettyDepth, calls: EventCalls, token: Token): Print {
  const writer = new PrettyWriter(depth, calls, token);
  const { type } = place;
  const target = type.kind === 'pointer' ? type.to() : undefined;
  const isStructure = target?.kind === 'struct' || target?.kind === 'union';
  writer.write(isStructure ? pointedTo(place, token, calls) : place, 0);
  return sprintf(writer.parts, writer.args, token);
}

/** A `sprintf` of pieces that no script wrote. */
export function sprintf(parts: readonly FormatPart[], args: readonly Expression[], token: Token): Print {
  return {
    kind: 'print',
    function: 'sprintf',
    toString: true,
    newline: false,
    format: stringLiteral(parts.map(partText).join(''), token),
    parts,
    args,
    token,
  };
}

/** A conversion as it stands behind the `%`, `#x` for instance. */
export function conversion(conversion: FormatConversion, flag: '' | '#' = ''): FormatPart {
  return { kind: 'conversion', conversion, flag, width: undefined, precision: undefined };
}

/** Collects the format and its arguments. */
class PrettyWriter {
  readonly args: Expression[] = [];
  readonly parts: FormatPart[] = [];
  readonly #depth: PrettyDepth;
  readonly #calls: EventCalls;
  readonly #token: Token;

  constructor(depth: PrettyDepth, calls: EventCalls, token: Token) {
    this.#depth = depth;
    this.#calls = calls;
    this.#token = token;
  }

  write(place: TypedPlace, level: number): void {
    const { type } = place;
    const isClosed = level > 0 && this.#depth === '$';
    switch (type.kind) {
      case 'struct':
      case 'union':
        if (isClosed) this.#text('{...}');
        else this.#structure(place, level);
        return;
      case 'array':
        if (isCharacter(type.element())) this.#string(place);
        else if (isClosed) this.#text('[...]');
        else this.#array(place, type.element(), type.length, level);
        return;
      case 'pointer':
        if (isCharacter(type.to())) this.#string(place);
        else this.#value(place, conversion('p'));
        return;
      case 'integer':
        if (type.isCharacter) this.#quoted("'", place, conversion('c', '#'));
        else this.#value(place, conversion(type.signed ? 'i' : 'u'));
        return;
      case 'enum':
        this.#value(place, conversion(type.signed ? 'i' : 'u'));
        return;
      case 'void':
      case 'float':
      case 'function':
        this.#text('?');
    }
  }

  #structure(place: TypedPlace, level: number): void {
    if (place.kind === 'value' || (place.type.kind !== 'struct' && place.type.kind !== 'union')) return;
    this.#text('{');
    for (const [index, member] of place.type.members().entries()) {
      if (index > 0) this.#text(', ');
      if (this.#isFull()) break;
      this.#text(member.name === '' ? '' : `.${member.name}=`);
      // The members of an anonymous structure are members of the one around it.
      this.write(memberPlace(place, member, this.#token), member.name === '' ? level : level + 1);
    }
    this.#text('}');
  }

  #array(place: TypedPlace, element: TypeFacts, length: number, level: number): void {
    if (place.kind === 'value') return;
    this.#text('[');
    for (let index = 0; index < length; index++) {
      if (index > 0) this.#text(', ');
      if (index === ELEMENT_LIMIT) this.#text('...');
      if (index === ELEMENT_LIMIT || this.#isFull()) break;
      const number = numberLiteral(index, this.#token);
      this.write(elementPlace(place, element, number, this.#token), level + 1);
    }
    this.#text(']');
  }

  /** Is there no room for another value? Then says so. */
  #isFull(): boolean {
    if (this.args.length < VALUE_LIMIT) return false;
    this.#text('...');
    return true;
  }

  #string(place: TypedPlace): void {
    const { type, space } = place;
    const isUser = type.kind === 'pointer' && type.isUser;
    const address = readPlace(place, this.#calls, this.#token);
    // An array that is full has no NUL at its end.
    const max = type.kind === 'array' ? Math.min(type.length + 1, STRING_BYTES) : STRING_BYTES;
    this.#text('"');
    this.args.push(this.#calls.readString(isUser ? 'user' : space, address, max, this.#token));
    this.parts.push(conversion('s'));
    this.#text('"');
  }

  #quoted(quote: string, place: TypedPlace, part: FormatPart): void {
    this.#text(quote);
    this.#value(place, part);
    this.#text(quote);
  }

  #value(place: TypedPlace, part: FormatPart): void {
    this.args.push(readPlace(place, this.#calls, this.#token));
    this.parts.push(part);
  }

  #text(text: string): void {
    if (text !== '') this.parts.push({ kind: 'text', text });
  }
}

function isCharacter(type: TypeFacts): boolean {
  return type.kind === 'integer' && type.isCharacter;
}

function partText(part: FormatPart): string {
  return part.kind === 'text' ? part.text.replaceAll('%', '%%') : `%${part.flag}${part.conversion}`;
}
