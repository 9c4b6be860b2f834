import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CompiledModule } from '../../src/module/compiled-module.ts';
import { Engine } from '../../src/runtime/engine.ts';
import { intrinsics } from '../../src/runtime/intrinsics/table.ts';
import { limitsFromDefines } from '../../src/runtime/limits.ts';
import { loadRegexCompiler } from '../../src/runtime/regex.ts';
import { memoryWorld, PLAIN_OPTIONS } from '../../src/runtime/testing/memory-ports.ts';
import type { MemoryWorld } from '../../src/runtime/testing/memory-ports.ts';
import { compileText } from '../../src/semantic/testing/compile-text.ts';
import type { TapsetFile } from '../../src/tapset/tapset-index.ts';
import { translate } from '../../src/translate/translate.ts';
import type { TranslateOptions } from '../../src/translate/translate-options.ts';

const TAPSET = join(import.meta.dirname, '../../tapset');

/** The script library: functions, aliases and macros. */
export function scriptLibrary(): readonly TapsetFile[] {
  return readdirSync(TAPSET)
    .filter((name) => /\.stpm?$/.test(name))
    .map((name) => ({ path: `/tapset/${name}`, text: readFileSync(join(TAPSET, name), 'latin1') }));
}

/** What a run left behind. */
export interface ScriptRun {
  readonly engine: Engine;
  readonly world: MemoryWorld;
  readonly module: CompiledModule;
  /** Script output. */
  readonly output: string;
  /** `error: …`, `warning: …`, one line each. */
  readonly messages: readonly string[];
}

/** Translates a script. Throws an Error with the messages when it does not compile. */
export function translateScript(
  text: string,
  defines: readonly string[] = [],
  options: Partial<TranslateOptions> = {},
): CompiledModule {
  const unoptimized = options.unoptimized ?? false;
  const { program, messages } = compileText(text, { unoptimized }, scriptLibrary());
  if (program === undefined) throw new Error(messages);
  const refusals: string[] = [];
  const module = translate(
    program,
    { limits: limitsFromDefines(defines), suppressTimeLimits: false, unoptimized, ...options },
    { report: (diagnostic) => refusals.push(diagnostic.message) },
  );
  if (module === undefined) throw new Error(refusals.join('\n'));
  return module;
}

/** Loads a module; nothing of it has run. */
export async function loadModule(
  module: CompiledModule,
): Promise<{ readonly engine: Engine; readonly world: MemoryWorld }> {
  const world = memoryWorld(intrinsics, module.needs.regex ? await loadRegexCompiler() : undefined);
  return { engine: new Engine(module, world.ports, PLAIN_OPTIONS), world };
}

/**
 * Runs a script from its begin to its end probes. `during` is called while files and timers are active.
 */
export async function runScript(
  text: string,
  defines: readonly string[] = [],
  during: (engine: Engine, world: MemoryWorld) => void = () => undefined,
): Promise<ScriptRun> {
  const module = translateScript(text, defines);
  const { engine, world } = await loadModule(module);
  if (engine.start()) {
    engine.activate();
    during(engine, world);
    await engine.stop();
  }
  const messages = world.messages.map((message) => `${message.kind}: ${message.text}`);
  return { engine, world, module, output: world.output.text, messages };
}

/** Output and messages of `probe begin { BODY exit() }` with the given globals and further declarations. */
export async function beginOutput(body: string, globals = '', rest = ''): Promise<string> {
  const declaration = globals === '' ? '' : `global ${globals}\n`;
  const run = await runScript(`${declaration}${rest}\nprobe begin { ${body} exit() }`);
  return [run.output, ...run.messages].join('');
}
