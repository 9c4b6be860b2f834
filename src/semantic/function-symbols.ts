import type { EmbeddedCode, FunctionDeclaration, ScriptFile } from '../ast/declaration.ts';
import { visitStatement } from '../ast/walk.ts';
import type { DiagnosticSink } from '../diagnostic/diagnostic.ts';
import type { ContextCallee } from '../probes/context-variable.ts';
import type { Token } from '../source/token.ts';
import { unavailableReason } from '../tapset/unavailable.ts';
import type { Declared } from './declaration-index.ts';
import { mangleName } from './mangle.ts';
import { semanticError } from './messages.ts';
import type { FunctionSymbol, ValueType, VariableSymbol } from './program.ts';

/**
 * Makes function symbols, one per declaration and one per function a probe family asks for, and keeps them so that
 * equal requests give the same symbol.
 */
export class FunctionSymbols {
  readonly #byDeclaration = new Map<FunctionDeclaration, FunctionSymbol>();
  readonly #byContextName = new Map<string, FunctionSymbol>();
  readonly #overloads = new Map<string, number>();

  /** Reports a body in C. */
  ofDeclaration({ declaration, file }: Declared<FunctionDeclaration>, sink: DiagnosticSink): FunctionSymbol {
    const known = this.#byDeclaration.get(declaration);
    if (known !== undefined) return known;
    const base = mangleName(declaration.name, declaration.isPrivate, file.source);
    const overload = this.#overloads.get(base) ?? 0;
    this.#overloads.set(base, overload + 1);
    const { body } = declaration;
    const embedded = body.kind === 'embedded-code' ? parseLibraryBody(body, file, sink) : undefined;
    const symbol: FunctionSymbol = {
      name: declaration.name,
      mangledName: `${base}__overload_${overload}`,
      token: declaration.token,
      parameters: declaration.parameters.map(({ name, type, token }) =>
        parameterSymbol(name, type ?? 'unknown', token),
      ),
      locals: [],
      returnType: declaration.returnType ?? 'unknown',
      priority: Number(declaration.priority ?? (file.source.origin === 'script' ? 0 : 1)),
      declaration,
      body:
        body.kind === 'block'
          ? { kind: 'script', block: body }
          : (embedded?.body ?? { kind: 'intrinsic', name: '' }),
      pure: embedded?.pragmas.includes('pure') ?? false,
      stable: embedded?.pragmas.includes('stable') ?? false,
      ...(embedded && { pragmas: embedded.pragmas }),
    };
    this.#byDeclaration.set(declaration, symbol);
    return symbol;
  }

  /** The symbol of a function that stands in for a context variable; calls of one name share it. */
  ofContext(callee: ContextCallee, token: Token): FunctionSymbol {
    const known = this.#byContextName.get(callee.mangledName);
    if (known !== undefined) return known;
    const symbol: FunctionSymbol = {
      name: callee.mangledName,
      mangledName: callee.mangledName,
      token,
      parameters: callee.parameters.map(({ name, type }) => parameterSymbol(name, type, token)),
      locals: [],
      returnType: callee.returnType,
      priority: 0,
      body: { kind: 'intrinsic', name: callee.intrinsic },
      pure: callee.pure,
      stable: callee.stable,
      pragmas: [...(callee.pure ? ['pure'] : []), ...(callee.stable ? ['stable'] : [])],
    };
    this.#byContextName.set(callee.mangledName, symbol);
    return symbol;
  }
}

/** True when a call of the function may go on to the next candidate: its body holds a `next`. */
export function mayFallThrough(symbol: FunctionSymbol): boolean {
  if (symbol.body.kind !== 'script') return false;
  let found = false;
  visitStatement(symbol.body.block, {
    statement: (statement) => {
      if (statement.kind === 'next') found = true;
      return !found;
    },
    expression: () => false,
  });
  return found;
}

function parameterSymbol(name: string, type: ValueType, token: Token): VariableSymbol {
  return {
    scope: 'parameter',
    name,
    mangledName: name,
    token,
    arity: 0,
    type,
    keyTypes: [],
    varianceShift: 0,
  };
}

interface LibraryBody {
  readonly body: Exclude<FunctionSymbol['body'], { kind: 'script' }>;
  readonly pragmas: readonly string[];
}

/**
 * Reads the body that library functions without script code have: pragma comments, then `intrinsic NAME` of the run
 * time or `unavailable REASON`.
 */
function parseLibraryBody(body: EmbeddedCode, file: ScriptFile, sink: DiagnosticSink): LibraryBody {
  const pragmas = [...body.code.matchAll(/\/\*\s*([\w-]+)\s*\*\//g)].map((match) => match[1] ?? '').sort();
  const text = body.code.replace(/\/\*[^]*?\*\//g, ' ').trim();
  const isLibrary = file.source.origin !== 'script';
  const reason = unavailableReason(text);
  if (isLibrary && reason !== undefined) return { body: { kind: 'unavailable', reason }, pragmas };
  const name = /^intrinsic\s+(\w+)\s*;?$/.exec(text)?.[1];
  if (name === undefined || !isLibrary)
    sink.report(semanticError('embedded-code-unsupported', 'embedded C code is not supported', body.token));
  return { body: { kind: 'intrinsic', name: name ?? '' }, pragmas };
}
