import { describePlace, describeToken } from '../../diagnostic/render.ts';
import type { DiagnosticSink } from '../../diagnostic/diagnostic.ts';
import type { Token } from '../../source/token.ts';
import type { Draft } from '../draft.ts';
import { warning } from '../messages.ts';

/** What every optimisation pass works with. */
export interface OptimiseContext {
  readonly draft: Draft;
  /** The first round warns; later ones repeat themselves and are silent unless everything is wanted. */
  readonly firstRound: boolean;
  /** A warning about text of the user's scripts; library text is never warned about. */
  readonly warn: (code: string, message: string, token: Token) => void;
  /** A line for high verbosity about `token`: `note('Eliding … statement', token)`. */
  readonly note: (text: string, token: Token) => void;
  /** Globals that have a value from the command line. */
  readonly givenGlobals?: ReadonlySet<string> | undefined;
}

/** Context of one round; `silent` drops warnings (`-w` is the session's work, this is about repetition). */
export function createContext(
  draft: Draft,
  sink: DiagnosticSink,
  note: (line: string) => void,
  firstRound: boolean,
  silent: boolean,
): OptimiseContext {
  return {
    draft,
    firstRound,
    warn: (code, message, token) => {
      if (!silent && token.file.origin === 'script') sink.report(warning(code, message, token));
    },
    note: (text, token) => note(`${text} ${describeToken(token)} at ${describePlace(token)}`),
  };
}
