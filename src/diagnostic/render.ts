import { lineText } from '../source/line-text.ts';
import type { Token } from '../source/token.ts';
import { colorize, type Colors } from './colors.ts';
import type { Diagnostic } from './diagnostic.ts';

/** Turns diagnostics into SystemTap's text, complete lines with their newlines. */
export type DiagnosticRenderer = (diagnostic: Diagnostic) => string;

/**
 * A renderer with the memory the layout needs: a semantic message about the same file as the one before
 * gives only `:LINE:COLUMN`.
 */
export function createDiagnosticRenderer(colors?: Colors): DiagnosticRenderer {
  const state: RenderState = { colors, previousFile: undefined };
  return (diagnostic) => {
    switch (diagnostic.kind) {
      case 'parse-error':
        return renderParseError(diagnostic, colors);
      case 'semantic-error':
      case 'translation-error':
        return renderSemanticError(diagnostic, state);
      case 'warning':
        return renderWarning(diagnostic, state);
      case 'input-error':
        return `${diagnostic.message}\n`;
    }
  };
}

/** The line that follows the parse errors of one file. */
export function parseErrorCountLine(count: number): string {
  return `${count} parse error${count === 1 ? '' : 's'}.\n`;
}

/** A token as messages name it, without its place: `identifier 'x'`, `keyword`. Unprintable bytes show as `?`. */
export function describeToken(token: Token): string {
  if (token.kind === 'keyword' || token.kind === 'embedded-code') return token.kind;
  return `${token.kind} '${token.text.replace(/[^ -~]/g, '?')}'`;
}

/** `FILE:LINE:COLUMN` */
export function describePlace(token: Token): string {
  return `${token.file.name}:${token.line}:${token.column}`;
}

interface RenderState {
  readonly colors: Colors | undefined;
  previousFile: string | undefined;
}

/** The label of the source line, and what is put before both that line and the caret line. */
interface SourceLayout {
  readonly label: string;
  readonly caretIndent: string;
}

const PARSE_LAYOUT: SourceLayout = { label: '     source: ', caretIndent: '             ' };
const SEMANTIC_LAYOUT: SourceLayout = { label: '        source: ', caretIndent: '                ' };
const WARNING_LAYOUT: SourceLayout = { label: ' source: ', caretIndent: '         ' };

function renderParseError(diagnostic: Diagnostic, colors: Colors | undefined): string {
  let text = `${colorize('parse error:', 'error', colors)} ${diagnostic.message}\n`;
  const { token } = diagnostic;
  if (diagnostic.tokenRole === 'eof') text += `        saw: ${token?.file.name ?? ''} EOF\n`;
  else if (token !== undefined) {
    const label = diagnostic.tokenRole === 'at' ? '         at: ' : '        saw: ';
    text += `${label}${describeToken(token)} at ${colorize(describePlace(token), 'source', colors)}\n`;
    text += sourceLines(token, PARSE_LAYOUT, colors) + expansionLines(token, PARSE_LAYOUT, colors);
  }
  const { cause } = diagnostic;
  return `${text}\n${cause ? renderParseError(cause, colors) : ''}`;
}

function renderSemanticError(diagnostic: Diagnostic, state: RenderState): string {
  let text = '';
  for (let one: Diagnostic | undefined = diagnostic; one !== undefined; one = one.cause) {
    text += `${colorize('semantic error:', 'error', state.colors)} ${one.message}`;
    text += placedTokens(one, state, SEMANTIC_LAYOUT);
    for (const detail of one.details ?? []) text += `        ${detail}\n`;
    text += '\n';
  }
  return text;
}

function renderWarning(diagnostic: Diagnostic, state: RenderState): string {
  const text = `${colorize('WARNING:', 'warning', state.colors)} ${diagnostic.message}`;
  const details = (diagnostic.details ?? []).map((detail) => ` ${detail}\n`).join('');
  return text + placedTokens(diagnostic, state, WARNING_LAYOUT) + details;
}

/** `: TOKEN1 at …` with its source lines and the same for a second token; ends the message line in any case. */
function placedTokens(diagnostic: Diagnostic, state: RenderState, layout: SourceLayout): string {
  const { token, token2 } = diagnostic;
  if (token === undefined) return '\n';
  let text = ': ' + placedToken(token, state, layout);
  if (token2 !== undefined) text += placedToken(token2, state, layout);
  return text;
}

function placedToken(token: Token, state: RenderState, layout: SourceLayout): string {
  const sameFile = state.previousFile === token.file.name;
  state.previousFile = token.file.name;
  const place = sameFile ? `:${token.line}:${token.column}` : describePlace(token);
  return (
    `${describeToken(token)} at ${colorize(place, 'source', state.colors)}\n` +
    sourceLines(token, layout, state.colors) +
    expansionLines(token, layout, state.colors)
  );
}

function expansionLines(token: Token, layout: SourceLayout, colors: Colors | undefined): string {
  let text = '';
  for (let call = token.expandedFrom; call !== undefined; call = call.expandedFrom) {
    text += `\tin expansion of macro: ${describeToken(call)} at ${colorize(describePlace(call), 'source', colors)}\n`;
    text += sourceLines(call, layout, colors);
  }
  return text;
}

/** The source line of a token and the caret under it; tabs are copied so that the caret lines up. */
function sourceLines(token: Token, layout: SourceLayout, colors: Colors | undefined): string {
  const line = lineText(token.file, token.line);
  const before = line.slice(0, token.column - 1);
  const blanks = before.replace(/[^\t]/g, ' ').padEnd(token.column - 1);
  return (
    `${layout.label}${highlight(line, token, colors)}\n` +
    `${layout.caretIndent}${blanks}${colorize('^', 'caret', colors)}\n`
  );
}

function highlight(line: string, token: Token, colors: Colors | undefined): string {
  if (colors === undefined) return line;
  const start = token.column - 1;
  const spelled = token.kind === 'string' ? `"${token.text}"` : token.text;
  const end = start + spelled.length;
  if (line.slice(start, end) === spelled)
    return line.slice(0, start) + colorize(spelled, 'token', colors) + line.slice(end);
  // Pasted text and multi-line tokens are not what the line shows at that column.
  return `${line.slice(0, start)} ... ${colorize(token.text, 'token', colors)} ... ${line.slice(end)}`;
}
