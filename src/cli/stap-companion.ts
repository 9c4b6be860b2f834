import { runCompanion } from '../companion/run-companion.ts';
import { compileAgain } from './compile-again.ts';
import type { ProgramFacts } from './stap.ts';

/** What stap starts for --metrics, --dashboard and --otlp; nobody types it. Resolves to the exit status. */
export function stapCompanion(_words: readonly string[], program: ProgramFacts): Promise<number> {
  return runCompanion(program.version, (script) => compileAgain(program, script));
}
