import type { ScriptFile } from '../../ast/declaration.ts';
import type { Expression } from '../../ast/expression.ts';
import type { Block } from '../../ast/statement.ts';
import type { Diagnostic } from '../../diagnostic/diagnostic.ts';
import { DiagnosticLog } from '../../diagnostic/log.ts';
import { parseOptions, type ParseOptions } from '../parse-options.ts';
import { parseScript } from '../parse-script.ts';

/** What parsing a text gave, for tests. */
export interface ParsedText {
  readonly file: ScriptFile | undefined;
  readonly diagnostics: readonly Diagnostic[];
  /** Everything shown, repeats suppressed. */
  readonly shown: string;
}

/** Parses a script called `<input>`. */
export function parseText(text: string, options: Partial<ParseOptions> = {}): ParsedText {
  let shown = '';
  const log = new DiagnosticLog({ write: (part) => (shown += part) });
  const source = {
    name: '<input>',
    text,
    origin: options.privileged === true ? 'library' : 'script',
  } as const;
  const file = parseScript(source, parseOptions(options), log);
  return { file, diagnostics: log.diagnostics, shown };
}

/** The declarations of a correct script. */
export function parseCorrect(text: string, options: Partial<ParseOptions> = {}): ScriptFile {
  const { file, shown } = parseText(text, options);
  if (file === undefined) throw new Error(`does not parse:\n${shown}`);
  return file;
}

/** The body of the only probe of `probe begin { BODY }`. */
export function parseBody(body: string, options: Partial<ParseOptions> = {}): Block {
  const [probe] = parseCorrect(`probe begin { ${body} }`, options).probes;
  if (probe === undefined) throw new Error('no probe');
  return probe.body;
}

/** A single expression, in guru mode. */
export function parseValueText(text: string, options: Partial<ParseOptions> = {}): Expression {
  const [statement, ...others] = parseBody(text, { guru: true, ...options }).statements;
  if (statement?.kind !== 'expression-statement' || others.length > 0)
    throw new Error(`not one expression: ${text}`);
  return statement.expression;
}

/** The messages of a script's diagnostics. */
export function messagesOf(text: string, options: Partial<ParseOptions> = {}): string[] {
  return parseText(text, options).diagnostics.map(({ message }) => message);
}
