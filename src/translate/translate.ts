import type { Diagnostic, DiagnosticSink } from '../diagnostic/diagnostic.ts';
import { BugError } from '../diagnostic/bug-error.ts';
import type { CompiledGlobal, CompiledModule, ScalarType } from '../module/compiled-module.ts';
import { checkTranslatable } from '../semantic/translatable.ts';
import type { CheckedProgram, ValueType, VariableSymbol } from '../semantic/program.ts';
import { clampToNumber } from '../int64/int64.ts';
import { condition, effect, value } from './expressions.ts';
import { NEXT, scriptFunction } from './functions.ts';
import { clippedLiteral, longLiteral } from './javascript-text.ts';
import { globalFacts } from './global-facts.ts';
import { HandlerNames } from './handler-names.ts';
import { ModuleScope } from './module-scope.ts';
import { conditionFunction, describeProbe, handlerFunctions } from './probes.ts';
import { statement } from './statements.ts';
import type { TranslateOptions } from './translate-options.ts';

const LARGEST_ARRAY = 2 ** 24;

/**
 * Pass 3: the module of a checked program. Undefined when the program cannot be translated; the reasons have
 * been reported to the sink then.
 */
export function translate(
  program: CheckedProgram,
  options: TranslateOptions,
  sink: DiagnosticSink,
): CompiledModule | undefined {
  const reasons: Diagnostic[] = [];
  checkTranslatable(program, { report: (diagnostic) => reasons.push(diagnostic) });
  for (const reason of reasons) sink.report(reason);
  if (reasons.length > 0) return undefined;
  const scope = new ModuleScope(program, options, { value, condition, effect, statement });
  const functions = program.functions
    .filter((symbol) => symbol.body.kind === 'script')
    .map((symbol) => scriptFunction(scope, symbol));
  const conditions: string[] = [];
  const code: string[] = functions.flat();
  const handlers = new HandlerNames();
  const probes = program.probes.map((probe, index) => {
    if (handlers.add(probe, `handler${index}`))
      code.push(...handlerFunctions(scope, probe, `handler${index}`));
    if (probe.condition === undefined) return describeProbe(scope, probe, index, undefined);
    const name = `condition${index}`;
    code.push(...conditionFunction(scope, probe, name));
    conditions.push(name);
    return describeProbe(scope, probe, index, conditions.length - 1);
  });
  return {
    formatVersion: 3,
    globals: compiledGlobals(program),
    probes,
    limits: options.limits,
    maxNesting: scope.maxNesting,
    suppressTimeLimits: options.suppressTimeLimits,
    needs: {
      regex: scope.usesRegex,
      stdin: probes.some(({ event }) => event.family === 'procfs' && event.path === '__stdin'),
    },
    code: moduleCode(scope, code, handlers.names, conditions),
  };
}

function moduleCode(
  scope: ModuleScope,
  functions: readonly string[],
  handlers: readonly string[],
  conditions: readonly string[],
): string {
  const globals = scope.program.globals.map((symbol) => globalDeclaration(scope, symbol));
  const scalars = scope.program.globals.map((symbol) => scalarAccess(scope, symbol));
  const lines = [
    "'use strict';",
    ...scope.prologue(),
    `const ${NEXT} = Symbol('next');`,
    'let budget = 0;',
    'let depth = 0;',
    ...globals,
    ...functions,
    `return {`,
    `  handlers: [${handlers.join(', ')}],`,
    `  conditions: [${conditions.join(', ')}],`,
    `  scalars: [${scalars.join(', ')}],`,
    '};',
  ];
  return `(rt) => {\n${lines.map((line) => `  ${line}\n`).join('')}}`;
}

function isScalar(symbol: VariableSymbol): boolean {
  return (symbol.arity ?? 0) === 0 && symbol.type !== 'stats';
}

function globalDeclaration(scope: ModuleScope, symbol: VariableSymbol): string {
  const name = scope.globalName(symbol);
  const index = scope.globalIndex(symbol);
  if ((symbol.arity ?? 0) > 0) return `const ${name} = rt.array(${index});`;
  if (symbol.type === 'stats') return `const ${name} = rt.statistic(${index});`;
  if (scope.isCell(symbol)) return `const ${name} = rt.cell(${index}, ${initialLiteral(scope, symbol)});`;
  return `let ${name} = ${initialLiteral(scope, symbol)};`;
}

function initialLiteral(scope: ModuleScope, symbol: VariableSymbol): string {
  const initial = symbol.declaration?.initial;
  if (initial === undefined) return symbol.type === 'string' ? '""' : '0';
  if (initial.kind === 'number') return longLiteral(initial.value);
  return clippedLiteral(initial.value, scope.options.limits.MAXSTRINGLEN);
}

function scalarAccess(scope: ModuleScope, symbol: VariableSymbol): string {
  if (!isScalar(symbol)) return 'undefined';
  const name = `${scope.globalName(symbol)}${scope.isCell(symbol) ? '.value' : ''}`;
  return `{ get: () => ${name}, set: (v) => { ${name} = v; } }`;
}

function compiledGlobals(program: CheckedProgram): readonly CompiledGlobal[] {
  const facts = globalFacts(program);
  return program.globals.map((symbol) => {
    const { declaration } = symbol;
    return {
      name: symbol.name,
      mangledName: symbol.mangledName,
      type: symbol.type === 'stats' ? 'stats' : scalarType(symbol.type),
      keyTypes: symbol.keyTypes.map(scalarType),
      ...(declaration?.maxSize !== undefined && {
        maxSize: clampToNumber(declaration.maxSize, 1, LARGEST_ARRAY),
      }),
      wrap: declaration?.wrap ?? false,
      ...(symbol.histogram && { histogram: symbol.histogram }),
      isPrivate: declaration?.isPrivate ?? false,
      origin: symbol.token.file.origin,
      ...facts.get(symbol),
    };
  });
}

/** A global whose type nothing tells is never read: any type does. */
function scalarType(type: ValueType): ScalarType {
  if (type === 'stats') throw new BugError('a statistic as key or scalar');
  return type === 'string' ? 'string' : 'long';
}
