import { ControlError } from '../control/control-client.ts';
import { parseDescription, parseGlobals } from '../control/parse-description.ts';
import type {
  ControlReply,
  ControlRequest,
  GlobalDescription,
  ProbeDescription,
} from '../control/protocol.ts';
import { findModule, type ListedModule } from '../registry/module-list.ts';
import { askModule, deniedText } from './ask-module.ts';
import { parseGlobalWord, type GlobalWord } from './global-words.ts';
import { runModuleCommand, type CommandRequest, type ModuleCommand } from './module-command.ts';
import { documentedOption } from './option-spelling.ts';
import { jsonOutput, shownText, shownValue } from './shown-text.ts';
import type { ProgramFacts } from './stap.ts';

const ANSWER_MS = 5000;
/** Begin probes of the new script run before the answer. */
const RELOAD_MS = 60_000;

/** What stap-ctl is. */
export const STAP_CTL: ModuleCommand = {
  name: 'stap-ctl',
  usage: '[-n] [--json] [--procfs-root DIR] NAME COMMAND [ARGUMENT...]',
  help: [
    'Looks into a running script and steers it.',
    '',
    '  get [GLOBAL[KEY,...]]...       print global variables',
    '  set GLOBAL[KEY,...]=VALUE...   change global variables',
    '  probes                         list the probes with their hits and times (ns)',
    '  on PROBE..., off PROBE...      switch probes by number or probe point; * stands for any text',
    '  reload SCRIPT [ARGUMENT...]    go on with another script; globals of same name and type keep their content',
  ],
  options: [
    documentedOption('values', '-n --values', 'with get: print values without names, strings as they are'),
  ],
  operands: [2, Infinity],
  stopsAtOperand: true,
  run: steer,
};

/** The command stap-ctl(8). Resolves to the exit status. */
export function stapCtl(words: readonly string[], program: ProgramFacts): Promise<number> {
  return runModuleCommand(STAP_CTL, words, program);
}

/** A request went wrong; the message is for the user. */
class CommandFailure extends Error {}

async function steer(request: CommandRequest): Promise<number> {
  const [name = '', action = '', ...words] = request.operands;
  const module = findModule(request.roots, name);
  if (module === undefined) {
    request.error(`Module ${shownText(name)} is not currently loaded`);
    return 1;
  }
  try {
    return await perform(module, action, words, request);
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    request.error(error.message);
    return 1;
  }
}

async function perform(
  module: ListedModule,
  action: string,
  words: readonly string[],
  request: CommandRequest,
): Promise<number> {
  switch (action) {
    case 'get':
      await get(module, words, request);
      return 0;
    case 'set':
      await set(module, words, request);
      return 0;
    case 'probes':
      await listProbes(module, words, request);
      return 0;
    case 'on':
    case 'off':
      await switchProbes(module, words, action === 'on', request);
      return 0;
    case 'reload':
      return reload(module, words, request);
    default:
      throw new CommandFailure(`There is no command "${shownText(action)}"; see stap-ctl --help`);
  }
}

async function get(module: ListedModule, words: readonly string[], request: CommandRequest): Promise<void> {
  const wanted = words.map(globalWord);
  const found: (readonly GlobalDescription[])[] = [];
  if (wanted.length === 0) found.push(parseGlobals((await ask(module, { op: 'get' }))['globals']));
  for (const { name, keys, value } of wanted) {
    if (value !== undefined) throw new CommandFailure(`"get" takes no value; use "set" to change ${name}`);
    const globals = parseGlobals((await ask(module, { op: 'get', name, keys }))['globals']);
    if (keys.length > 0 && !globals.some(({ elements = [] }) => elements.length > 0))
      throw new CommandFailure(`${name} has no such element`);
    found.push(globals);
  }
  const { streams, json, given } = request;
  if (json) streams.out(jsonOutput(found.flat().map(jsonGlobal)));
  else
    streams.out(
      found
        .flat()
        .flatMap((global) => globalLines(global, given.has('values')))
        .join(''),
    );
}

function globalLines(global: GlobalDescription, valuesOnly: boolean): string[] {
  const { name, type, elements, size = 0 } = global;
  const shown = (value: unknown): string =>
    valuesOnly && typeof value === 'string' ? value : shownValue(value);
  // A statistic shows as its extractors.
  const between = type === 'stats' ? ' ' : '=';
  const line = (label: string, value: unknown): string =>
    valuesOnly ? `${shown(value)}\n` : `${label}${between}${shown(value)}\n`;
  if (elements === undefined) return [line(shownText(name), global.value)];
  const lines = elements.map(({ keys, value }) =>
    line(`${shownText(name)}[${keys.map(shownValue).join(',')}]`, value),
  );
  // One that was asked for by its keys is all that was wanted.
  const missing = elements.length > 1 ? size - elements.length : 0;
  return missing > 0 && !valuesOnly ? [...lines, `${shownText(name)}: ${missing} more elements\n`] : lines;
}

function jsonGlobal({ name, type, keyTypes, value, elements, size }: GlobalDescription): unknown {
  return elements === undefined ? { name, type, value } : { name, type, keyTypes, size, elements };
}

async function set(module: ListedModule, words: readonly string[], request: CommandRequest): Promise<void> {
  if (words.length === 0) throw new CommandFailure('"set" needs GLOBAL=VALUE');
  for (const { name, keys, value } of words.map(globalWord)) {
    if (value === undefined) throw new CommandFailure(`"set" needs a value: ${name}=VALUE`);
    await ask(module, { op: 'set', name, keys, value });
  }
  if (request.json) request.streams.out(jsonOutput({ ok: true }));
}

function globalWord(word: string): GlobalWord {
  const parsed = parseGlobalWord(word);
  if (parsed === undefined) throw new CommandFailure(`"${shownText(word)}" names no global variable`);
  return parsed;
}

async function switchProbes(
  module: ListedModule,
  words: readonly string[],
  on: boolean,
  request: CommandRequest,
): Promise<void> {
  if (words.length === 0) throw new CommandFailure('Which probe? "probes" lists them');
  for (const probe of words) await ask(module, { op: 'switch', probe, on });
  if (request.json) request.streams.out(jsonOutput({ ok: true }));
}

async function listProbes(
  module: ListedModule,
  words: readonly string[],
  { json, streams }: CommandRequest,
): Promise<void> {
  if (words.length > 0) throw new CommandFailure('"probes" takes no argument');
  const probes = parseDescription(await ask(module, { op: 'describe' }))?.probes ?? [];
  if (json) {
    streams.out(jsonOutput(probes));
    return;
  }
  const header = `${'#'.padStart(4)} STATE ${['HITS', 'MIN', 'AVG', 'MAX'].map((title) => title.padStart(10)).join(' ')}  PROBE\n`;
  streams.out(header + probes.map(probeLine).join(''));
}

function probeLine({ index, on, hits, minNs, avgNs, maxNs, point, location }: ProbeDescription): string {
  const numbers = [hits, minNs, avgNs, maxNs].map((value) => String(value ?? '-').padStart(10)).join(' ');
  const state = (on ? 'on' : 'off').padEnd(5);
  return `${String(index).padStart(4)} ${state} ${numbers}  ${shownText(point)} ${shownText(location)}\n`;
}

async function reload(
  module: ListedModule,
  words: readonly string[],
  request: CommandRequest,
): Promise<number> {
  if (words.length === 0) throw new CommandFailure('"reload" needs a script');
  const { parseCommandLine } = await import('./command-line.ts');
  const { compileForReload } = await import('../session/compile/compile-for-reload.ts');
  const { program, streams } = request;
  // Options before the script are those of stap(1): what it is compiled with.
  const commandLine = parseCommandLine(words, false);
  if (commandLine.kind === 'error') throw new CommandFailure(shownText(commandLine.message));
  if (commandLine.kind !== 'run') throw new CommandFailure('"reload" needs a script');
  const { options } = commandLine;
  const compiled = await compileForReload(options, { ...program, environment: process.env, streams });
  // Why it could not be compiled has been printed as stap prints it.
  if (compiled === undefined) return 1;
  const facts = await ask(
    module,
    {
      op: 'reload',
      module: compiled,
      script: options.script?.kind === 'file' ? options.script.path : '<input>',
      scriptArguments: options.scriptArguments,
    },
    RELOAD_MS,
  );
  const kept = texts(facts['kept']);
  const dropped = reasons(facts['dropped']);
  if (request.json) {
    request.streams.out(jsonOutput({ kept, dropped }));
    return 0;
  }
  const lines = dropped.map(({ name, reason }) => `dropped: ${shownText(name)} (${shownText(reason)})\n`);
  request.streams.out(
    [`kept: ${kept.map(shownText).join(', ')}\n`, ...lines].slice(kept.length === 0 ? 1 : 0).join(''),
  );
  return 0;
}

/** The facts of a positive answer. @throws {CommandFailure} */
async function ask(
  module: ListedModule,
  request: ControlRequest,
  withinMs = ANSWER_MS,
): Promise<Extract<ControlReply, { ok: true }>> {
  const reply = await askModule(module, request, withinMs);
  if (reply instanceof ControlError)
    throw new CommandFailure(
      reply.code === 'denied' ? deniedText(module) : `${module.entry.name}: ${reply.message}`,
    );
  if (!reply.ok) throw new CommandFailure(shownText(reply.text));
  return reply;
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

function reasons(value: unknown): readonly { readonly name: string; readonly reason: string }[] {
  const isReason = (item: unknown): item is { readonly name: string; readonly reason: string } =>
    typeof item === 'object' &&
    item !== null &&
    'name' in item &&
    'reason' in item &&
    typeof item.name === 'string' &&
    typeof item.reason === 'string';
  return Array.isArray(value) ? value.filter(isReason) : [];
}
