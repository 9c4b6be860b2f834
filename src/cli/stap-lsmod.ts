import type { ReportedDescription } from '../control/parse-description.ts';
import { listModules, type ListedModule } from '../registry/module-list.ts';
import { residentBytes } from '../registry/owner-process.ts';
import { describeModule } from './ask-module.ts';
import { runModuleCommand, type CommandRequest, type ModuleCommand } from './module-command.ts';
import { jsonOutput } from './shown-text.ts';
import type { ProgramFacts } from './stap.ts';

const HEADER = 'Module                  Size  Used by\n';

/** What stap-lsmod is. */
export const STAP_LSMOD: ModuleCommand = {
  name: 'stap-lsmod',
  usage: '[--json] [--procfs-root DIR]',
  help: ['Lists the running scripts, the newest first.'],
  options: [],
  operands: [0, 0],
  run: list,
};

/** The command stap-lsmod(8). Resolves to the exit status. */
export function stapLsmod(words: readonly string[], program: ProgramFacts): Promise<number> {
  return runModuleCommand(STAP_LSMOD, words, program);
}

async function list({ roots, json, streams }: CommandRequest): Promise<number> {
  const modules = listModules(roots);
  const descriptions = await Promise.all(modules.map(describeModule));
  const text = json
    ? jsonOutput(modules.map((module, index) => jsonModule(module, descriptions[index])))
    : HEADER + modules.map((module, index) => line(module, descriptions[index])).join('');
  streams.out(text);
  return 0;
}

function line(module: ListedModule, description: ReportedDescription | undefined): string {
  const size = String(sizeOf(module, description) ?? '-');
  return `${module.entry.name.padEnd(19)} ${size.padStart(8)}  ${usersOf(description) ?? '-'}\n`;
}

function jsonModule(module: ListedModule, description: ReportedDescription | undefined): unknown {
  const { name, state, pid, startedAtMs, script, directory } = module.entry;
  return {
    name,
    state,
    pid,
    uid: module.uid,
    started: new Date(startedAtMs).toISOString(),
    script,
    root: module.root,
    directory: directory ?? null,
    size: sizeOf(module, description) ?? null,
    usedBy: usersOf(description) ?? null,
    clients: description?.clients ?? null,
    openFiles: description?.openFiles ?? null,
  };
}

function sizeOf(module: ListedModule, description: ReportedDescription | undefined): number | undefined {
  return description?.memoryBytes ?? residentBytes(module.entry.pid);
}

function usersOf(description: ReportedDescription | undefined): number | undefined {
  return description && description.clients.length + description.openFiles;
}
