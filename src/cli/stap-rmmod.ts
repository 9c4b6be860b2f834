import { holdersText } from '../fuse/holder.ts';
import { findModule } from '../registry/module-list.ts';
import { deniedText } from './ask-module.ts';
import { endModule } from './end-module.ts';
import { runModuleCommand, type CommandRequest, type ModuleCommand } from './module-command.ts';
import { documentedOption } from './option-spelling.ts';
import { jsonOutput, shownText } from './shown-text.ts';
import type { ProgramFacts } from './stap.ts';

/** What stap-rmmod is. */
export const STAP_RMMOD: ModuleCommand = {
  name: 'stap-rmmod',
  usage: '[-f] [--json] [--procfs-root DIR] NAME...',
  help: ['Ends running scripts: their end probes run, their files go.'],
  options: [
    documentedOption(
      'force',
      '-f --force',
      'also end a script that somebody is attached to, or that does not answer',
    ),
  ],
  operands: [1, Infinity],
  run: removeAll,
};

/** The command stap-rmmod(8). Resolves to the exit status. */
export function stapRmmod(words: readonly string[], program: ProgramFacts): Promise<number> {
  return runModuleCommand(STAP_RMMOD, words, program);
}

interface Removal {
  readonly name: string;
  readonly removed: boolean;
  readonly error: string | null;
  readonly holders: readonly { readonly pid: number; readonly command: string }[];
}

async function removeAll(request: CommandRequest): Promise<number> {
  const removals: Removal[] = [];
  for (const name of request.operands) {
    const removal = await remove(name, request);
    if (removal.error !== null) request.error(removal.error);
    removals.push(removal);
  }
  if (request.json) request.streams.out(jsonOutput(removals));
  return removals.every(({ removed }) => removed) ? 0 : 1;
}

async function remove(name: string, { roots, given }: CommandRequest): Promise<Removal> {
  const failed = (error: string, holders: Removal['holders'] = []): Removal => ({
    name,
    removed: false,
    error,
    holders,
  });
  const shown = `Module ${shownText(name)}`;
  const module = findModule(roots, name);
  if (module === undefined) return failed(`${shown} is not currently loaded`);
  const outcome = await endModule(module, given.has('force'));
  switch (outcome.kind) {
    case 'ended':
      return { name, removed: true, error: null, holders: [] };
    case 'in-use': {
      const { holders } = outcome;
      const names = shownText(holdersText(holders));
      return failed(`${shown} is in use${names === '' ? '' : ` by: ${names}`}`, holders);
    }
    case 'denied':
      return failed(deniedText(module));
    case 'no-answer':
      return failed(
        given.has('force')
          ? `${shown}: process ${module.entry.pid} cannot be killed`
          : `${shown} does not answer; "stap-rmmod -f ${shownText(name)}" ends it anyway`,
      );
    case 'still-ending':
      return failed(
        `${shown}: its end probes are still running; "stap-rmmod -f ${shownText(name)}" does not wait`,
      );
    case 'refused':
      return failed(`${shown}: ${shownText(outcome.text)}`);
  }
}
