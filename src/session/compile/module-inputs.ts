import type { ConditionFacts } from '../../parse/parse-options.ts';
import type { SourceFile } from '../../source/source-file.ts';
import { inputsText, type UsedFile } from '../../stapmod/stapmod.ts';
import type { SessionContext } from '../session-context.ts';
import type { StapOptions } from '../stap-options.ts';

/** What decides the compiled module besides the options. */
export interface CompilationSurroundings {
  readonly facts: ConditionFacts;
  /** See `availableLibraryFiles`. */
  readonly libraryFiles: readonly UsedFile[];
}

/**
 * The line of JSON that stands for everything a compiled module is made of; see `ModuleInputs`. What is looked at only
 * while compiling (library files of this program, kernel settings) is in the module's facts instead.
 */
export function moduleInputs(
  options: StapOptions,
  context: SessionContext,
  sources: readonly SourceFile[],
  { facts, libraryFiles }: CompilationSurroundings,
): string {
  return inputsText({
    program: `stap-ts ${context.version} ${context.build}`,
    uid: process.geteuid?.() ?? 0,
    options: compilerOptions(options),
    surroundings: [
      `Kernel release: ${facts.kernelRelease}`,
      `Architecture: ${facts.architecture}`,
      ...libraryFiles.map(({ path, size, modifiedMs }) => `Library file: ${path} ${size} ${modifiedMs}`),
    ],
    scriptArguments: options.scriptArguments,
    scripts: sources.map(({ name, text }) => ({ name, text })),
  });
}

/** Options that change the compiled module or its facts, as words of a command line. -G counts by its names only. */
function compilerOptions(options: StapOptions): readonly string[] {
  const flag = (word: string, given: boolean): readonly string[] => (given ? [word] : []);
  const value = (word: string, given: string | number | undefined): readonly string[] =>
    given === undefined ? [] : [word, `${given}`];
  return [
    ...flag('-g', options.guru),
    ...flag('-u', options.unoptimized),
    ...flag('-t', options.timing),
    ...flag('--skip-badvars', options.skipBadVariables),
    ...flag('--suppress-handler-errors', options.suppressHandlerErrors),
    ...flag('--suppress-time-limits', options.suppressTimeLimits),
    ...flag('--no-global-var-display', !options.globalDisplay),
    ...value('--compatible', options.compatible),
    ...value('--privilege', options.privilege),
    ...value('-T', options.timeoutMs === undefined ? undefined : options.timeoutMs / 1000),
    ...options.definitions.flatMap(({ name, value: text }) => ['-D', `${name}=${text}`]),
    ...options.globals.flatMap(({ name }) => ['-G', name]),
  ];
}
