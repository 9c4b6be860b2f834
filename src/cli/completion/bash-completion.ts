import {
  optionNames,
  type Candidates,
  type CompletedCommand,
  type CompletedOption,
} from './completed-command.ts';

/** The completion of a command for bash 4 and newer, complete in itself, for completions/bash/NAME. */
export function bashCompletion(command: CompletedCommand): string {
  const name = functionName(command.name);
  const required = command.options.filter(({ argument }) => argument === 'required');
  const lines = [
    `# Completion of ${command.name} for bash. Made by "npm run docs" from the table of its options.`,
    '',
    ...HELPERS,
    `_${name}() {`,
    '    local cur=${COMP_WORDS[COMP_CWORD]} option= word i ended= chosen= otherwise=',
    '    local -a operands=()',
    '    COMPREPLY=()',
    '    for ((i = 1; i < COMP_CWORD; i++)); do',
    '        word=${COMP_WORDS[i]} option=',
    '        if [[ $word == -* && ${COMP_WORDS[i + 1]} == "=" ]]; then',
    '            # "=" separates words: --name=value are three.',
    '            option=$word',
    '            ((i += 2))',
    '            [[ $option == --procfs-root && $i -lt $COMP_CWORD ]] && chosen=${COMP_WORDS[i]}',
    '            continue',
    '        fi',
    '        case $word in',
    ...(required.length === 0
      ? []
      : [
          `        ${required.flatMap(optionNames).join(' | ')})`,
          '            option=$word',
          '            ((++i))',
          '            [[ $option == --procfs-root && $i -lt $COMP_CWORD ]] && chosen=${COMP_WORDS[i]}',
          '            ;;',
        ]),
    ...(command.otherwise === undefined
      ? []
      : [`        ${command.otherwise.options.join(' | ')}) otherwise=yes ;;`]),
    '        --)',
    '            operands+=("${COMP_WORDS[@]:i + 1:COMP_CWORD - i - 1}")',
    '            i=$COMP_CWORD ended=yes',
    '            ;;',
    '        -?*) ;;',
    '        *)',
    '            operands+=("$word")',
    '            ;;',
    '        esac',
    '    done',
    '    # The last option is of interest only when the word is its argument.',
    '    if ((i > COMP_CWORD)); then',
    '        [[ $cur == "=" ]] && cur=',
    '    else',
    '        option=',
    '    fi',
    '    case $option in',
    ...command.options.flatMap(argumentCase),
    `    "") ;;`,
    '    *) return ;;',
    '    esac',
    ...(command.stopsAtOperand
      ? ['    if [[ $cur == -* && ! $ended && ${#operands[@]} -eq 0 ]]; then']
      : ['    if [[ $cur == -* && ! $ended ]]; then']),
    `        _stap_ts_add -W '${command.options.flatMap(offeredNames).join(' ')}'`,
    '        [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace 2>/dev/null',
    '        return',
    '    fi',
    ...operandLines(command),
    '}',
    `complete -F _${name} ${command.name}`,
  ];
  return `${lines.join('\n')}\n`;
}

/** Functions that each file defines anew: whichever is loaded first. */
const HELPERS = [
  '# Adds what compgen(1) finds for the word.',
  '_stap_ts_add() {',
  '    local -a found',
  '    mapfile -t found < <(compgen "$@" -- "$cur")',
  '    COMPREPLY+=("${found[@]}")',
  '}',
  '',
  '# Names of the modules that run: those that have an entry in the directory of files.',
  '_stap_ts_modules() {',
  '    local root entry',
  '    local -a roots=("${XDG_RUNTIME_DIR:-/run}/systemtap" "/tmp/systemtap-$UID" /run/systemtap)',
  '    [[ ${chosen:-$STAP_PROCFS_ROOT} ]] && roots=("${chosen:-$STAP_PROCFS_ROOT}")',
  '    for root in "${roots[@]}"; do',
  '        for entry in "$root"/.[!.]*/entry.json; do',
  '            [[ -e $entry ]] || continue',
  '            entry=${entry%/*}',
  `            printf '%s\\n' "\${entry##*/.}"`,
  '        done',
  '    done',
  '}',
  '',
];

function functionName(command: string): string {
  return command.replaceAll('-', '_');
}

/** Names as they are offered: with `=` where the argument can follow only so. */
function offeredNames(option: CompletedOption): readonly string[] {
  return optionNames(option).flatMap((name) =>
    option.argument === 'optional' && name.startsWith('--') ? [name, `${name}=`] : [name],
  );
}

function argumentCase(option: CompletedOption): readonly string[] {
  if (option.candidates.length === 0) return [];
  return [
    `    ${optionNames(option).join(' | ')})`,
    ...additions(option.candidates, '        '),
    '        return',
    '        ;;',
  ];
}

function operandLines({ operands, otherwise }: CompletedCommand): readonly string[] {
  const lines: string[] = [];
  if (otherwise !== undefined)
    lines.push(
      '    if [[ $otherwise ]]; then',
      ...additions(otherwise.candidates, '        '),
      '        return',
      '    fi',
    );
  if (operands.length === 0) return lines;
  lines.push('    case ${#operands[@]} in');
  operands.forEach((candidates, index) => {
    const isLast = index === operands.length - 1;
    lines.push(`    ${isLast ? '*' : String(index)})`, ...additions(candidates, '        '), '        ;;');
  });
  lines.push('    esac');
  return lines;
}

function additions(candidates: readonly Candidates[], indent: string): readonly string[] {
  return candidates.flatMap(addition).map((line) => indent + line);
}

function addition(candidates: Candidates): readonly string[] {
  const filenames = 'compopt -o filenames 2>/dev/null';
  switch (candidates.kind) {
    case 'words':
      return [`_stap_ts_add -W '${candidates.words.join(' ')}'`];
    case 'file':
      if (candidates.ending === undefined) return [filenames, '_stap_ts_add -f'];
      return [filenames, `_stap_ts_add -f -X '!*${candidates.ending}'`, '_stap_ts_add -d'];
    case 'directory':
      return [filenames, '_stap_ts_add -d'];
    case 'command':
      return ['_stap_ts_add -c'];
    case 'group':
      return ['_stap_ts_add -g'];
    case 'process':
      return ['_stap_ts_add -W "$(cd /proc && echo [0-9]*)"'];
    case 'module':
      return ['_stap_ts_add -W "$(_stap_ts_modules)"'];
  }
}
