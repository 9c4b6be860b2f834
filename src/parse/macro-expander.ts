import type { DiagnosticError, DiagnosticSink } from '../diagnostic/diagnostic.ts';
import type { Token } from '../source/token.ts';
import { isJunk, type Lexer } from './lexer.ts';
import type { MacroDefinition, MacroTable } from './macro-table.ts';
import type { ParseMessageCode } from './messages.ts';
import { failureAt, failureAtEnd, parseDiagnostic } from './parse-failure.ts';

const DEPTH_LIMIT = 200;
const TOKEN_LIMIT = 200_000;

/** `@` words with a meaning of their own; redefining one is legal but worth a warning. */
const BUILT_IN_WORDS: ReadonlySet<string> = new Set([
  ...['cast', 'defined', 'probewrite', 'entry', 'perf', 'var', 'avg', 'count', 'sum', 'min', 'max'],
  ...['hist_linear', 'hist_log', 'const', 'variance', 'kregister', 'uregister', 'kderef', 'uderef'],
  ...['enum', 'enumname'],
]);

/** An argument of a macro call: tokens that mean what they mean where the call stands. */
interface Argument {
  readonly tokens: readonly Token[];
  readonly context: Frame | undefined;
}

/** A token list being read: a macro body or an argument. */
interface Frame {
  readonly tokens: readonly Token[];
  position: number;
  readonly macro: MacroDefinition;
  /** Parameters in scope; an argument has those of the frame its call stands in. */
  readonly parameters: ReadonlyMap<string, Argument>;
  /** The call, or the use of the parameter, for "in expansion of macro". */
  readonly call: Token;
  /** Library macros never see the script's own. */
  readonly isLibrary: boolean;
}

/** Reads tokens from a lexer, takes in `@define`s and replaces macro calls by what they stand for. */
export class MacroExpander {
  private readonly lexer: Lexer;
  private readonly libraryMacros: Pick<MacroTable, 'get'>;
  private readonly sink: DiagnosticSink;
  private readonly macros = new Map<string, MacroDefinition>();
  private readonly frames: Frame[] = [];
  private readonly pushedBack: Token[] = [];
  private expandedTokens = 0;

  constructor(lexer: Lexer, libraryMacros: Pick<MacroTable, 'get'>, sink: DiagnosticSink) {
    this.lexer = lexer;
    this.libraryMacros = libraryMacros;
    this.sink = sink;
  }

  /** The macros defined so far in this file. */
  get definitions(): MacroTable {
    return this.macros;
  }

  /** The next token after expansion; undefined at the end. Junk comes through as it is. */
  next(): Token | undefined {
    for (;;) {
      const token = this.nextRaw();
      if (token?.kind !== 'operator' || token.text.length < 2 || !token.text.startsWith('@')) return token;
      const name = token.text.slice(1);
      if (name === 'define') {
        this.define(token);
        continue;
      }
      const frame = this.frames.at(-1);
      const argument = frame?.parameters.get(name);
      if (frame !== undefined && argument !== undefined) this.enterArgument(argument, frame, token);
      else {
        const macro = this.lookUp(name, frame);
        if (macro === undefined) return token;
        this.enterMacro(macro, token, frame);
      }
    }
  }

  /** The next token of the text or macro being read, without expanding anything: for skipped text. */
  nextUnexpanded(): Token | undefined {
    return this.nextRaw();
  }

  private nextRaw(): Token | undefined {
    const again = this.pushedBack.pop();
    if (again !== undefined) return again;
    for (let frame = this.frames.at(-1); frame !== undefined; frame = this.frames.at(-1)) {
      const token = frame.tokens[frame.position++];
      if (token !== undefined) return this.fromFrame(token, frame);
      this.frames.pop();
    }
    return this.lexer.next();
  }

  private fromFrame(token: Token, frame: Frame): Token {
    if (++this.expandedTokens > TOKEN_LIMIT) throw this.runaway('macro-too-large', frame, TOKEN_LIMIT);
    return { ...token, expandedFrom: frame.call };
  }

  /** Nothing sensible can come of expansions under way; the outermost call is where the user can look. */
  private runaway(code: ParseMessageCode, frame: Frame, limit: number): DiagnosticError {
    const [outermost = frame] = this.frames;
    this.frames.length = 0;
    return failureAt(outermost.call, code, [frame.macro.name, limit]);
  }

  private lookUp(name: string, frame: Frame | undefined): MacroDefinition | undefined {
    if (frame?.isLibrary === true) return this.libraryMacros.get(name);
    return this.macros.get(name) ?? this.libraryMacros.get(name);
  }

  private enterArgument(argument: Argument, frame: Frame, use: Token): void {
    this.push({
      tokens: argument.tokens,
      position: 0,
      macro: frame.macro,
      parameters: argument.context?.parameters ?? new Map(),
      call: use,
      isLibrary: argument.context?.isLibrary ?? false,
    });
  }

  private enterMacro(macro: MacroDefinition, call: Token, frame: Frame | undefined): void {
    const parameters = this.readArguments(macro, call, frame);
    this.push({
      tokens: macro.body,
      position: 0,
      macro,
      parameters,
      call,
      isLibrary: !this.isScriptMacro(macro),
    });
  }

  private isScriptMacro(macro: MacroDefinition): boolean {
    return this.macros.get(macro.name) === macro;
  }

  private push(frame: Frame): void {
    if (this.frames.length >= DEPTH_LIMIT) throw this.runaway('macro-too-deep', frame, DEPTH_LIMIT);
    this.frames.push(frame);
  }

  private readArguments(
    macro: MacroDefinition,
    call: Token,
    context: Frame | undefined,
  ): ReadonlyMap<string, Argument> {
    const { parameters } = macro;
    const values = new Map<string, Argument>();
    if (parameters.length === 0) return values;
    const open = this.nextRaw();
    if (!isOperator(open, '(')) {
      const code = parameters.length === 1 ? 'macro-missing-arguments' : 'macro-missing-arguments-plural';
      if (open !== undefined) this.pushedBack.push(open);
      throw failureAt(open ?? call, code, [macro.name, parameters.length]);
    }
    const lists = this.splitArguments(macro, call);
    parameters.forEach((name, index) => values.set(name, { tokens: lists[index] ?? [], context }));
    return values;
  }

  /** One token list per parameter, up to the closing parenthesis, split at commas outside all brackets. */
  private splitArguments(macro: MacroDefinition, call: Token): Token[][] {
    const expected = macro.parameters.length;
    const lists: Token[][] = [];
    let current: Token[] = [];
    let depth = 0;
    for (;;) {
      const token = this.nextRaw();
      if (token === undefined) throw failureAt(call, 'macro-unclosed-call');
      if (isJunk(token)) throw failureAt(token, token.failure, token.slots);
      const text = token.kind === 'operator' ? token.text : '';
      if (text === '(' || text === '[') depth++;
      else if (depth > 0 && (text === ')' || text === ']')) depth--;
      else if (text === ')') {
        lists.push(current);
        if (lists.length < expected)
          throw failureAt(token, 'macro-too-few-arguments', [macro.name, expected]);
        return lists;
      } else if (depth === 0 && text === ',') {
        lists.push(current);
        if (lists.length >= expected)
          throw failureAt(token, 'macro-too-many-arguments', [macro.name, expected]);
        current = [];
        continue;
      }
      current.push(token);
    }
  }

  /** Takes in a definition; `keyword` is the `@define`. */
  private define(keyword: Token): void {
    if (this.frames.length > 0) throw failureAt(keyword, 'define-in-macro');
    const token = this.nextRaw();
    if (token?.kind === 'identifier' && token.text === 'define') throw failureAt(token, 'define-redefined');
    if (token?.kind !== 'identifier') throw unexpected(token, keyword, 'macro-expected-name');
    const name = token.text;
    const first = this.macros.get(name);
    if (first !== undefined) {
      const cause = parseDiagnostic('macro-first-defined', [name], { token: first.token });
      throw failureAt(token, 'macro-redefined', [name], cause);
    }
    if (BUILT_IN_WORDS.has(name))
      this.sink.report(parseDiagnostic('macro-hides-operator', [name], { token, kind: 'warning' }));
    const parameters = this.readParameters(token);
    const body = this.readBody(token);
    this.macros.set(name, { name, parameters, body, token });
  }

  /** Reads up to and including the `%(` that opens the body. */
  private readParameters(defined: Token): string[] {
    const names: string[] = [];
    const open = this.nextRaw();
    if (isOperator(open, '%(')) return names;
    if (!isOperator(open, '(')) throw unexpected(open, defined, 'macro-expected-body-or-parameters');
    for (;;) {
      const name = this.nextRaw();
      if (name?.kind !== 'identifier') throw unexpected(name, defined, 'macro-expected-name');
      names.push(name.text);
      const separator = this.nextRaw();
      if (isOperator(separator, ',')) continue;
      if (!isOperator(separator, ')')) throw unexpected(separator, defined, 'macro-expected-comma');
      const body = this.nextRaw();
      if (!isOperator(body, '%(')) throw unexpected(body, defined, 'macro-expected-body');
      return names;
    }
  }

  private readBody(defined: Token): Token[] {
    const body: Token[] = [];
    for (let depth = 1; ;) {
      const token = this.nextRaw();
      if (token === undefined) throw failureAt(defined, 'macro-incomplete');
      if (isJunk(token)) throw failureAt(token, token.failure, token.slots);
      if (isOperator(token, '%(')) depth++;
      else if (isOperator(token, '%)') && --depth === 0) return body;
      body.push(token);
    }
  }
}

function isOperator(token: Token | undefined, text: string): boolean {
  return token?.kind === 'operator' && token.text === text;
}

/** A definition goes on differently than it must, or the file of `defined` ends inside it. */
function unexpected(token: Token | undefined, defined: Token, code: ParseMessageCode): DiagnosticError {
  return token === undefined ? failureAtEnd(defined.file, code) : failureAt(token, code);
}
