import type { Diagnostic, DiagnosticKind, DiagnosticSink } from './diagnostic.ts';
import { colorize, type Colors } from './colors.ts';
import { renderJson } from './json.ts';
import { createDiagnosticRenderer, parseErrorCountLine, type DiagnosticRenderer } from './render.ts';

export interface DiagnosticLogOptions {
  /** Where text goes, latin1 byte strings of whole lines; normally standard error. */
  readonly write: (text: string) => void;
  /** With -v nothing is suppressed. */
  readonly verbose?: boolean;
  /** `hide` is -w, `error` is -W: each distinct warning also counts as an error. */
  readonly warnings?: 'show' | 'hide' | 'error';
  /** Kinds that count but are not printed (listing modes hide semantic errors). */
  readonly mutedKinds?: ReadonlySet<DiagnosticKind>;
  readonly format?: 'text' | 'json';
  readonly colors?: Colors | undefined;
}

/**
 * Collects, prints and counts the diagnostics of one compilation. Without `verbose`, only the first error of
 * each chain of codes is printed and a warning of the same text only once; the rest is counted.
 */
export class DiagnosticLog implements DiagnosticSink {
  /** Everything reported, printed or not, in order. Hidden warnings (-w) are not kept. */
  readonly diagnostics: Diagnostic[] = [];
  /** Errors, suppressed ones too, plus the distinct warnings when they count as errors. */
  errorCount = 0;
  /** Distinct warnings. */
  warningCount = 0;
  /** Warnings that -w hid. */
  hiddenWarningCount = 0;
  private endOfPreviousFile = 0;
  private suppressedErrors = 0;
  private suppressedWarnings = 0;
  private readonly seen = new Set<string>();
  private readonly render: DiagnosticRenderer;
  private readonly options: DiagnosticLogOptions;

  constructor(options: DiagnosticLogOptions) {
    this.options = options;
    this.render = options.format === 'json' ? renderJson : createDiagnosticRenderer(options.colors);
  }

  report(diagnostic: Diagnostic): void {
    if (diagnostic.kind === 'warning') this.reportWarning(diagnostic);
    else this.reportError(diagnostic);
  }

  /** After each parsed file: prints "N parse errors." when it had some, unless the file turned out empty. */
  printParseErrorCount(): void {
    const ofFile = this.diagnostics.slice(this.endOfPreviousFile);
    this.endOfPreviousFile = this.diagnostics.length;
    const errors = ofFile.filter(({ kind }) => kind === 'parse-error').length;
    if (errors === 0 || ofFile.at(-1)?.kind === 'input-error' || this.options.format === 'json') return;
    this.options.write(parseErrorCountLine(errors));
  }

  /** The closing lines about what was not shown; prints nothing when everything was. */
  printSuppressed(): void {
    const { colors, write, format } = this.options;
    if (format === 'json') return;
    const line = (what: 'error' | 'warning', count: number): void => {
      if (count > 0)
        write(`${colorize(`Number of similar ${what} messages suppressed: ${count}.`, what, colors)}\n`);
    };
    line('error', this.suppressedErrors);
    line('warning', this.suppressedWarnings);
    if (this.suppressedErrors + this.suppressedWarnings > 0) write('Rerun with -v to see them.\n');
  }

  private reportError(diagnostic: Diagnostic): void {
    this.errorCount++;
    this.diagnostics.push(diagnostic);
    if (this.isMuted(diagnostic)) return;
    const key = chainKey(diagnostic);
    if (this.seen.has(key) && this.options.verbose !== true) {
      this.suppressedErrors++;
      return;
    }
    this.seen.add(key);
    this.options.write(this.render(diagnostic));
  }

  private reportWarning(diagnostic: Diagnostic): void {
    if (this.options.warnings === 'hide') {
      this.hiddenWarningCount++;
      return;
    }
    // The text alone counts as the same warning, wherever it points.
    const key = `warning\n${diagnostic.message}`;
    const repeated = this.seen.has(key);
    this.seen.add(key);
    if (!repeated) {
      this.warningCount++;
      if (this.options.warnings === 'error') this.errorCount++;
    }
    this.diagnostics.push(diagnostic);
    if (this.isMuted(diagnostic)) return;
    if (repeated && this.options.verbose !== true) this.suppressedWarnings++;
    else this.options.write(this.render(diagnostic));
  }

  private isMuted(diagnostic: Diagnostic): boolean {
    return this.options.mutedKinds?.has(diagnostic.kind) === true;
  }
}

function chainKey(diagnostic: Diagnostic): string {
  const codes: string[] = [];
  for (let one: Diagnostic | undefined = diagnostic; one !== undefined; one = one.cause) codes.push(one.code);
  return codes.join('\n');
}
