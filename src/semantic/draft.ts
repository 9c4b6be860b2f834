import type { EmbeddedCode } from '../ast/declaration.ts';
import type { Expression } from '../ast/expression.ts';
import type { Block } from '../ast/statement.ts';
import type { Diagnostic } from '../diagnostic/diagnostic.ts';
import type { DerivedProbe, FunctionSymbol, VariableSymbol } from './program.ts';
import type { SymbolTable } from './symbol-table.ts';
import type { BodyUsages } from './usage.ts';

/** The program while pass 2 works on it: the lists shrink as things turn out unused, bodies are replaced. */
export interface Draft {
  /** In order of first reference, which is also the order of automatic display. */
  globals: VariableSymbol[];
  /** In order of first reference. */
  functions: FunctionSymbol[];
  probes: DerivedProbe[];
  readonly embeds: EmbeddedCode[];
  readonly symbols: SymbolTable;
  readonly usages: BodyUsages;
  /** Context variables the probe families refused, of all probes. */
  readonly refusedTargets: Map<Expression, Diagnostic>;
}

/** Calls `visit` for each function with script code, in order. */
export function forEachScriptFunction(
  draft: Draft,
  visit: (symbol: FunctionSymbol, body: Extract<FunctionSymbol['body'], { kind: 'script' }>) => void,
): void {
  for (const symbol of draft.functions) {
    if (symbol.body.kind === 'script') visit(symbol, symbol.body);
  }
}

/** Puts another body in place of each of a probe or function. Probes with the same body have the same again. */
export function rewriteBodies(draft: Draft, rewrite: (body: Block) => Block): void {
  rewriteProbes(draft, rewrite);
  forEachScriptFunction(draft, (symbol, body) => {
    symbol.body = { kind: 'script', block: rewrite(body.block) };
  });
}

/** `rewriteBodies` for probes alone. */
export function rewriteProbes({ probes }: Draft, rewrite: (body: Block) => Block): void {
  const done = new Map<Block, Block>();
  for (const probe of probes) {
    let body = done.get(probe.body);
    if (body === undefined) {
      body = rewrite(probe.body);
      done.set(probe.body, body);
    }
    probe.body = body;
  }
}

/** Each body of a probe once, with its locals. */
export function* bodiesOfProbes({ probes }: Draft): Iterable<Pick<DerivedProbe, 'body' | 'locals'>> {
  const seen = new Set<Block>();
  for (const { body, locals } of probes) {
    if (seen.has(body)) continue;
    seen.add(body);
    yield { body, locals };
  }
}
