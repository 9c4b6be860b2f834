import type { Candidates, CompletedCommand, CompletedOption } from './completed-command.ts';
import { optionNames } from './completed-command.ts';

/** The completion of a command for fish 3 and newer, for completions/fish/NAME.fish. */
export function fishCompletion(command: CompletedCommand): string {
  const { name, options, operands } = command;
  const offers = [
    // Files are offered only where a file is meant.
    `complete -c ${name} -f`,
    ...options.map((option) => optionLine(command, option)),
    ...operands.flatMap((candidates, index) => {
      const comparison = index === operands.length - 1 ? '-ge' : '-eq';
      return operandLines(command, `test (${placeName(command)}) ${comparison} ${index + 1}`, candidates);
    }),
  ];
  const isCalled = (called: string): boolean => offers.some((line) => line.includes(`(${called})`));
  const lines = [
    `# Completion of ${name} for fish. Made by "npm run docs" from the table of its options.`,
    '',
    ...(isCalled(placeName(command)) ? [...placeFunction(command), ''] : []),
    ...(isCalled(modulesName(command)) ? [...modulesFunction(command), ''] : []),
    ...offers,
  ];
  return `${lines.join('\n')}\n`;
}

function prefix({ name }: CompletedCommand): string {
  return `__fish_${name.replaceAll('-', '_')}`;
}

function placeName(command: CompletedCommand): string {
  return `${prefix(command)}_place`;
}

function modulesName(command: CompletedCommand): string {
  return `${prefix(command)}_modules`;
}

/** A function that tells which operand the word is: 1, 2, …, or 0 when it is an option. */
function placeFunction(command: CompletedCommand): readonly string[] {
  const required = command.options.filter(({ argument }) => argument === 'required').flatMap(optionNames);
  return [
    `function ${placeName(command)} -d 'Which operand the word is'`,
    "    if string match -q -- '-*' (commandline -ct)",
    '        echo 0',
    '        return',
    '    end',
    '    set -l place 1',
    '    set -l skip 0',
    '    for token in (commandline -opc)[2..-1]',
    '        if test $skip -eq 1',
    '            set skip 0',
    '            continue',
    '        end',
    '        switch $token',
    ...(required.length === 0
      ? []
      : [`            case ${required.join(' ')}`, '                set skip 1']),
    "            case '-?*'",
    "            case '*'",
    '                set place (math $place + 1)',
    '        end',
    '    end',
    '    echo $place',
    'end',
  ];
}

/** A function that prints the modules that run: those that have an entry in the directory of files. */
function modulesFunction(command: CompletedCommand): readonly string[] {
  return [
    `function ${modulesName(command)} -d 'Names of the modules that run'`,
    '    set -l roots /run/systemtap /tmp/systemtap-(id -u)',
    '    set -q XDG_RUNTIME_DIR; and set -a roots $XDG_RUNTIME_DIR/systemtap',
    '    set -q STAP_PROCFS_ROOT; and set roots $STAP_PROCFS_ROOT',
    '    set -l tokens (commandline -opc)',
    '    set -l chosen (string match -r -- "^--procfs-root=(.+)" $tokens)[2]',
    '    if set -l index (contains -i -- --procfs-root $tokens)',
    '        set chosen $tokens[(math $index + 1)]',
    '    end',
    '    test -n "$chosen"; and set roots $chosen',
    '    for root in $roots',
    '        for entry in $root/.*/entry.json',
    '            string replace -r ".*/\\.(.*)/entry.json" \'$1\' $entry',
    '        end',
    '    end',
    'end',
  ];
}

function optionLine(command: CompletedCommand, option: CompletedOption): string {
  const { short, long = [], help, argument } = option;
  const names = [...(short === undefined ? [] : [`-s ${short}`]), ...long.map((name) => `-l ${name}`)];
  const [candidates] = option.candidates;
  return [
    `complete -c ${command.name}`,
    ...names,
    ...(argument === 'required' ? ['-r'] : []),
    ...(candidates === undefined ? [] : offer(command, candidates)),
    '-d',
    quoted(help.join(' ')),
  ].join(' ');
}

function operandLines(
  command: CompletedCommand,
  condition: string,
  candidates: readonly Candidates[],
): readonly string[] {
  const { otherwise } = command;
  const line = (when: string, one: Candidates): string =>
    [`complete -c ${command.name}`, '-n', quoted(when), ...offer(command, one)].join(' ');
  if (otherwise === undefined) return candidates.map((one) => line(condition, one));
  const given = otherwise.options.map((name) => `__fish_contains_opt -s ${name.slice(1)}`).join('; or ');
  return [
    ...candidates.map((one) => line(`${condition}; and not begin; ${given}; end`, one)),
    ...otherwise.candidates.map((one) => line(`${condition}; and begin; ${given}; end`, one)),
  ];
}

/** Options of complete(1) that offer the candidates. */
function offer(command: CompletedCommand, candidates: Candidates): readonly string[] {
  switch (candidates.kind) {
    case 'words':
      return ['-f', '-a', quoted(candidates.words.join(' '))];
    case 'file':
      if (candidates.ending === undefined) return ['-F'];
      return ['-f', '-k', '-a', quoted(`(__fish_complete_suffix ${candidates.ending})`)];
    case 'directory':
      return ['-f', '-a', quoted('(__fish_complete_directories)')];
    case 'command':
      return ['-f', '-a', quoted('(__fish_complete_command)')];
    case 'group':
      return ['-f', '-a', quoted('(__fish_complete_groups)')];
    case 'process':
      return ['-f', '-a', quoted('(__fish_complete_pids)')];
    case 'module':
      return ['-f', '-a', quoted(`(${modulesName(command)})`)];
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
