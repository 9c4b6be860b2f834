import type { ReportedDescription } from '../control/parse-description.ts';
import type { GlobalDescription, ProbeDescription } from '../control/protocol.ts';
import type { CompiledGlobal } from '../module/compiled-module.ts';
import type { ModuleFile } from '../registry/module-entry.ts';
import { findModule, type ListedModule } from '../registry/module-list.ts';
import { describeModule } from './ask-module.ts';
import { runModuleCommand, type CommandRequest, type ModuleCommand } from './module-command.ts';
import { documentedOption } from './option-spelling.ts';
import { jsonOutput, shownText, shownValue } from './shown-text.ts';
import type { ProgramFacts } from './stap.ts';

const DESCRIPTION = 'systemtap-generated probe';
const NAME_WIDTH = 16;

/** What stap-modinfo is. */
export const STAP_MODINFO: ModuleCommand = {
  name: 'stap-modinfo',
  usage: '[-F FIELD] [--json] [--procfs-root DIR] NAME|FILE.stapmod...',
  help: ['Shows what is known about running scripts and about compiled modules.'],
  options: [documentedOption('field', '-F --field FIELD', 'print the values of FIELD only, one per line')],
  operands: [1, Infinity],
  run: showAll,
};

/** One module, running or in a file, in the order in which it is shown. */
interface ModuleFacts {
  readonly lines: readonly (readonly [field: string, value: string])[];
  readonly json: unknown;
}

/** The command stap-modinfo(8). Resolves to the exit status. */
export function stapModinfo(words: readonly string[], program: ProgramFacts): Promise<number> {
  return runModuleCommand(STAP_MODINFO, words, program);
}

async function showAll(request: CommandRequest): Promise<number> {
  const { operands, given, json, streams, error } = request;
  const found: ModuleFacts[] = [];
  for (const operand of operands) {
    const facts =
      operand.includes('/') || operand.endsWith('.stapmod')
        ? await fileFacts(operand)
        : await runningFacts(operand, request);
    if (typeof facts === 'string') error(facts);
    else found.push(facts);
  }
  const field = given.get('field');
  if (json) streams.out(jsonOutput(found.map((facts) => facts.json)));
  else streams.out(found.map(({ lines }) => linesText(lines, field)).join(''));
  return found.length === operands.length ? 0 : 1;
}

function linesText(lines: ModuleFacts['lines'], field: string | undefined): string {
  if (field === undefined)
    return lines.map(([name, value]) => `${`${name}:`.padEnd(NAME_WIDTH)}${value}\n`).join('');
  return lines.flatMap(([name, value]) => (name === field ? `${value}\n` : [])).join('');
}

async function runningFacts(name: string, { roots }: CommandRequest): Promise<ModuleFacts | string> {
  const module = findModule(roots, name);
  if (module === undefined) return `Module ${shownText(name)} not found.`;
  const description = await describeModule(module);
  return { lines: runningLines(module, description), json: runningJson(module, description) };
}

function runningLines(
  module: ListedModule,
  description: ReportedDescription | undefined,
): ModuleFacts['lines'] {
  const { entry } = module;
  const words = description?.options ?? [];
  return [
    ['name', entry.name],
    ['description', DESCRIPTION],
    ...when(description?.version, (version) => ['version', shownText(version)] as const),
    ['script', shownText(entry.script)],
    ...when(words.length > 0 ? words : undefined, () => ['options', words.map(shownWord).join(' ')] as const),
    ['state', entry.state],
    ['pid', String(entry.pid)],
    ['uid', String(module.uid)],
    ['started', localTime(entry.startedAtMs)],
    ...when(entry.directory, (directory) => ['directory', shownText(directory)] as const),
    ...(description?.probes ?? []).map((probe) => ['probe', probeText(probe)] as const),
    ...entry.files.map((file) => ['file', fileText(file)] as const),
    ...(description?.globals ?? []).flatMap(parameterText).map((text) => ['parm', text] as const),
  ];
}

function runningJson(module: ListedModule, description: ReportedDescription | undefined): unknown {
  const { name, script, state, pid, startedAtMs, directory, files } = module.entry;
  return {
    name,
    description: DESCRIPTION,
    version: description?.version ?? null,
    script,
    options: description?.options ?? null,
    arguments: description?.scriptArguments ?? null,
    state,
    pid,
    uid: module.uid,
    started: new Date(startedAtMs).toISOString(),
    directory: directory ?? null,
    probes: description?.probes ?? null,
    files: files.map(({ path, mode }) => ({ path, mode: octal(mode) })),
    parameters:
      description?.globals
        .filter(isParameter)
        .map(({ name: global, type, value }) => ({ name: global, type: parameterType(type), value })) ?? null,
  };
}

/** A compiled module that does not run: what its file says. */
async function fileFacts(path: string): Promise<ModuleFacts | string> {
  const { openModuleFile } = await import('./open-module-file.ts');
  const file = openModuleFile(path);
  if (typeof file === 'string') return file;
  const { writtenBy, facts, inputs, module } = file;
  const words = [...inputs.options, ...inputs.scriptArguments];
  const globals = module.globals.filter(isFileParameter);
  const scripts = inputs.scripts.map(({ name }) => name);
  return {
    lines: [
      ['filename', shownText(path)],
      ['name', shownText(facts.name)],
      ['description', DESCRIPTION],
      ['version', shownText(writtenBy)],
      ...scripts.map((script) => ['script', shownText(script)] as const),
      ...when(
        words.length > 0 ? words : undefined,
        () => ['options', words.map(shownWord).join(' ')] as const,
      ),
      ...module.probes.map(({ pp, location }) => ['probe', shownText(`${pp} ${location}`)] as const),
      ...globals.map(({ name, type }) => ['parm', `${shownText(name)}:${parameterType(type)}`] as const),
    ],
    json: {
      filename: path,
      name: facts.name,
      description: DESCRIPTION,
      version: writtenBy,
      scripts,
      options: inputs.options,
      arguments: inputs.scriptArguments,
      probes: module.probes.map(({ pp, location }) => ({ point: pp, location })),
      parameters: globals.map(({ name, type }) => ({ name, type: parameterType(type) })),
    },
  };
}

function isFileParameter({ type, keyTypes, isPrivate, origin }: CompiledGlobal): boolean {
  return origin === 'script' && !isPrivate && keyTypes.length === 0 && type !== 'stats';
}

function isParameter({ type, keyTypes, hidden }: GlobalDescription): boolean {
  return hidden !== true && keyTypes.length === 0 && type !== 'stats';
}

function parameterText(global: GlobalDescription): string | [] {
  if (!isParameter(global)) return [];
  return `${shownText(global.name)}:${parameterType(global.type)} = ${shownValue(global.value)}`;
}

/** As SystemTap declares module parameters. */
function parameterType(type: GlobalDescription['type']): string {
  return type === 'long' ? 'int64_t' : 'string';
}

function probeText({ point, location, on, hits }: ProbeDescription): string {
  return `${shownText(point)} ${shownText(location)}, ${hits} ${hits === 1 ? 'hit' : 'hits'}${on ? '' : ', off'}`;
}

function fileText({ path, mode }: ModuleFile): string {
  return `${shownText(path)} (${octal(mode)})`;
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}

/** As a shell would need it. */
function shownWord(word: string): string {
  const shown = shownText(word);
  return /^[\w@%+=:,./-]+$/.test(shown) ? shown : `'${shown.replaceAll("'", "'\\''")}'`;
}

function localTime(ms: number): string {
  const two = (number: number): string => String(number).padStart(2, '0');
  const time = new Date(ms);
  const date = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  return `${date} ${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
}

function when<Value, Line>(value: Value | undefined, make: (value: Value) => Line): Line[] {
  return value === undefined ? [] : [make(value)];
}
