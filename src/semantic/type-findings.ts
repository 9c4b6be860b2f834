import type { Diagnostic } from '../diagnostic/diagnostic.ts';
import type { Token } from '../source/token.ts';
import { semanticError } from './messages.ts';
import type { ValueType } from './program.ts';

/**
 * How telling a finding is. Only the most telling kind of a program is reported, because the others are mostly
 * its consequences: `symbol` (two uses of a name disagree), `expected` (an operand does not fit), `sides` (two
 * operands disagree), `unresolved` (nothing told the type). `invalid` goes along with the two weakest, `certain`
 * with all.
 */
type Rank = 'unresolved' | 'sides' | 'expected' | 'symbol' | 'invalid' | 'certain';

const STRENGTH: Readonly<Record<Rank, number>> = {
  unresolved: 0,
  sides: 1,
  expected: 2,
  symbol: 3,
  invalid: 1,
  certain: 3,
};

/** Where a type was first inferred; undefined for annotated and initialised symbols. */
export interface TypeOrigin {
  readonly type: ValueType;
  readonly token: Token | undefined;
  /** Position among keys or arguments, when the symbol is one of these. */
  readonly index?: number;
}

/** What one run of type inference has to say, in order. */
export class TypeFindings {
  readonly #findings: { readonly rank: Rank; readonly diagnostic: Diagnostic }[] = [];
  readonly #seen = new Set<string>();

  unresolved(token: Token): void {
    this.#add('unresolved', semanticError('unresolved-type', 'unresolved type ', token));
  }

  invalid(token: Token, type: ValueType): void {
    const message = token.kind === 'operator' ? 'invalid operator' : `invalid type ${type}`;
    this.#add('invalid', semanticError('invalid-type', message, token));
  }

  sidesDisagree(token: Token, left: ValueType, right: ValueType): void {
    const message = `type mismatch: left and right sides don't agree (${left} vs ${right})`;
    this.#add('sides', semanticError('type-mismatch-sides', message, token));
  }

  expected(token: Token, expected: ValueType, found: ValueType): void {
    const message = `type mismatch: expected ${expected} but found ${found}`;
    this.#add('expected', semanticError('type-mismatch-expected', message, token));
  }

  /** A use wants `wanted` of a symbol (or of one of its keys or arguments) that has another type already. */
  conflict(token: Token, wanted: ValueType, origin: TypeOrigin): void {
    if (origin.token === undefined) {
      this.expected(token, wanted, origin.type);
      return;
    }
    const { index } = origin;
    const of = index === undefined ? 'type' : `type of index ${index}`;
    const what = index === undefined ? 'type mismatch' : `index ${index} type mismatch`;
    const first = semanticError(
      'type-first-inferred',
      `${of} was first inferred here (${origin.type})`,
      origin.token,
    );
    this.#add('symbol', semanticError('type-mismatch', `${what} (${wanted})`, token, first));
  }

  /** A finding that does not depend on how far inference came. */
  certain(diagnostic: Diagnostic): void {
    this.#add('certain', diagnostic);
  }

  /** Everything to report: what is certain first, because the rest may follow from it. */
  all(): readonly Diagnostic[] {
    const strongest = Math.max(
      0,
      ...this.#findings.filter(({ rank }) => rank !== 'invalid' && rank !== 'certain').map(strength),
    );
    const told = this.#findings.filter((finding) => strength(finding) >= strongest);
    return [
      ...told.filter(({ rank }) => rank === 'certain'),
      ...told.filter(({ rank }) => rank !== 'certain'),
    ].map(toDiagnostic);
  }

  /** Only contradictions; what is merely unknown yet is left out. */
  contradictions(): readonly Diagnostic[] {
    const strongest = Math.max(0, ...this.#findings.filter(isContradiction).map(strength));
    if (strongest === 0) return [];
    return this.#findings
      .filter((finding) => finding.rank !== 'certain' && strength(finding) === strongest)
      .map(toDiagnostic);
  }

  #add(rank: Rank, diagnostic: Diagnostic): void {
    const { token } = diagnostic;
    const place = token ? `${token.file.name}:${token.line}:${token.column}` : '';
    const key = `${diagnostic.message} ${place}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    this.#findings.push({ rank, diagnostic });
  }
}

interface Finding {
  readonly rank: Rank;
  readonly diagnostic: Diagnostic;
}

function strength({ rank }: Finding): number {
  return STRENGTH[rank];
}

function toDiagnostic({ diagnostic }: Finding): Diagnostic {
  return diagnostic;
}

function isContradiction({ rank }: Finding): boolean {
  return rank === 'symbol' || rank === 'expected' || rank === 'sides';
}
