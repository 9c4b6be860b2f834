import type { SourceFile } from '../../source/source-file.ts';

// What passes 1 to 3 are made of, to be loaded with `import()`: a module that is in the script cache needs none of it.
export { parseScript } from '../../parse/parse-script.ts';
export { analyze } from '../../semantic/analyze.ts';
export { ProbeDeriver } from '../../semantic/derive/probe-deriver.ts';
export { translate } from '../../translate/translate.ts';
export { openLibrary } from './tapset-library.ts';
export { probeEnvironment } from './probe-environment.ts';

/** From this size on of all scripts, bytes, V8 would optimise functions of the compiler that are about to end. */
const LONG_SCRIPT_BYTES = 2048;
/** The setting exists in these versions of Node; V8 complains about what it does not know. */
const LAST_TUNED_NODE = 24;

/**
 * To be called before the scripts are compiled. A run of the compiler is over before optimised code pays for itself, so
 * for long scripts V8 is told to wait longer before it makes any. Handlers that really are hot reach it a few
 * milliseconds later. Short scripts go without: loading node:v8 takes longer than what it saves.
 */
export function expectScripts(sources: readonly SourceFile[]): void {
  const bytes = sources.reduce((sum, { text }) => sum + text.length, 0);
  if (bytes < LONG_SCRIPT_BYTES || Number.parseInt(process.versions.node) > LAST_TUNED_NODE) return;
  process.getBuiltinModule('node:v8').setFlagsFromString('--interrupt-budget=1000000');
}
