import {
  optionNames,
  type Candidates,
  type CompletedCommand,
  type CompletedOption,
} from './completed-command.ts';

/** The completion of a command for zsh, for completions/zsh/_NAME, in a directory of `fpath`. */
export function zshCompletion(command: CompletedCommand): string {
  const places = command.operands.map((candidates, index) => {
    const place = index === command.operands.length - 1 ? '*' : String(index + 1);
    return { place, name: `${prefix(command)}_place_${index + 1}`, candidates };
  });
  const specifications = [
    ...command.options.flatMap(optionSpecifications(command)),
    ...places.map(({ place, name }) => `'${place}: :${name}'`),
  ];
  const offers = [
    ...places.flatMap(({ name, candidates }) => placeFunction(command, name, candidates)),
    '',
    'local -A opt_args',
    'local context state state_descr line',
    `_arguments -s -S${command.stopsAtOperand ? " -A '-*'" : ''} : \\`,
    specifications.map((line) => `  ${line}`).join(' \\\n'),
  ];
  const asksForModules = offers.some((line) => line.includes(modulesFunction(command)));
  const lines = [
    `#compdef ${command.name}`,
    `# Completion of ${command.name} for zsh. Made by "npm run docs" from the table of its options.`,
    ...(asksForModules ? ['', ...moduleNames(command)] : []),
    ...offers,
  ];
  return `${lines.join('\n')}\n`;
}

function prefix({ name }: CompletedCommand): string {
  return `_${name.replaceAll('-', '_')}`;
}

/** The function that offers the modules that run. */
function moduleNames(command: CompletedCommand): readonly string[] {
  return [
    '# Names of the modules that run: those that have an entry in the directory of files.',
    `${modulesFunction(command)}() {`,
    '  local chosen=${opt_args[--procfs-root]:-$STAP_PROCFS_ROOT}',
    '  local -a roots names',
    '  roots=(${XDG_RUNTIME_DIR:-/run}/systemtap /tmp/systemtap-$UID /run/systemtap)',
    '  [[ -n $chosen ]] && roots=(${~chosen})',
    '  names=(${^roots}/.*/entry.json(N:h:t))',
    '  _wanted modules expl module compadd -- ${names#.}',
    '}',
  ];
}

function modulesFunction(command: CompletedCommand): string {
  return `${prefix(command)}_modules`;
}

function placeFunction(
  command: CompletedCommand,
  name: string,
  candidates: readonly Candidates[],
): readonly string[] {
  const { otherwise } = command;
  const body = action(command, candidates);
  if (otherwise === undefined) return ['', `${name}() {`, `  ${body}`, '}'];
  const given = otherwise.options.map((option) => `$+opt_args[${option}]`).join(' || ');
  return [
    '',
    `${name}() {`,
    `  if (( ${given} )); then`,
    `    ${action(command, otherwise.candidates)}`,
    '  else',
    `    ${body}`,
    '  fi',
    '}',
  ];
}

/** One for each name: `'*-o+[help]:FILE:_files'`. */
function optionSpecifications(command: CompletedCommand): (option: CompletedOption) => readonly string[] {
  return (option) =>
    optionNames(option).map((name) => {
      const help = option.help.join(' ').replace(/[[\]\\]/g, '\\$&');
      const isLong = name.startsWith('--');
      const argument = `${option.argumentName.replaceAll(':', '\\:')}:${inlineAction(command, option.candidates)}`;
      switch (option.argument) {
        case 'none':
          return quoted(`*${name}[${help}]`);
        case 'required':
          return quoted(`*${name}${isLong ? '=' : '+'}[${help}]:${argument}`);
        case 'optional':
          return quoted(`*${name}${isLong ? '=-' : '-'}[${help}]::${argument}`);
      }
    });
}

/** What _arguments(1) takes as an action. */
function inlineAction(command: CompletedCommand, candidates: readonly Candidates[]): string {
  const [only] = candidates;
  if (only === undefined) return ' ';
  return only.kind === 'words' ? `(${only.words.join(' ')})` : single(command, only);
}

/** A command that adds all candidates. */
function action(command: CompletedCommand, candidates: readonly Candidates[]): string {
  const [only, ...more] = candidates;
  if (only === undefined) return '_message "no more arguments"';
  if (more.length === 0) return single(command, only);
  const sources = candidates.map((one) => `'${one.kind}:${one.kind}:${single(command, one)}'`);
  return `_alternative ${sources.join(' ')}`;
}

function single(command: CompletedCommand, candidates: Candidates): string {
  switch (candidates.kind) {
    case 'words':
      return `compadd -- ${candidates.words.join(' ')}`;
    case 'file':
      return candidates.ending === undefined ? '_files' : `_files -g "*${candidates.ending}"`;
    case 'directory':
      return '_files -/';
    case 'command':
      return '_command_names -e';
    case 'group':
      return '_groups';
    case 'process':
      return '_pids';
    case 'module':
      return modulesFunction(command);
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
