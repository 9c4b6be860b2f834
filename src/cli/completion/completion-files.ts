import { bashCompletion } from './bash-completion.ts';
import { completedCommands } from './completed-command.ts';
import { fishCompletion } from './fish-completion.ts';
import { zshCompletion } from './zsh-completion.ts';

/** All files below completions/, by their path there. */
export function completionFiles(): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const command of completedCommands()) {
    files.set(`bash/${command.name}`, bashCompletion(command));
    files.set(`zsh/_${command.name}`, zshCompletion(command));
    files.set(`fish/${command.name}.fish`, fishCompletion(command));
  }
  return files;
}
