/** Whether an option takes an argument; optional arguments come only glued (`-oX`, `--long=X`). */
export type ArgumentRule = 'none' | 'required' | 'optional';

/** What the scanner must know of one option. Two long names with the same `id` are one option. */
export interface OptionSpelling {
  readonly id: string;
  readonly short?: string;
  readonly long?: readonly string[];
  readonly argument: ArgumentRule;
}

/** One finding of the scanner, in command-line order; `operands` comes last, `error` ends the scan. */
export type GetoptEvent =
  | { readonly kind: 'option'; readonly id: string; readonly argument: string | undefined }
  | { readonly kind: 'error'; readonly message: string }
  | { readonly kind: 'operands'; readonly words: readonly string[] };

type LongMatch =
  | { readonly kind: 'found'; readonly option: OptionSpelling; readonly name: string }
  | { readonly kind: 'none' }
  | { readonly kind: 'ambiguous'; readonly names: readonly string[] };

function findLong(options: readonly OptionSpelling[], given: string): LongMatch {
  const candidates: { option: OptionSpelling; name: string }[] = [];
  for (const option of options) {
    for (const name of option.long ?? []) {
      if (name === given) return { kind: 'found', option, name };
      if (name.startsWith(given)) candidates.push({ option, name });
    }
  }
  const first = candidates[0];
  if (first === undefined) return { kind: 'none' };
  if (candidates.every((candidate) => candidate.option.id === first.option.id))
    return { kind: 'found', ...first };
  return { kind: 'ambiguous', names: candidates.map((candidate) => candidate.name) };
}

/**
 * Scans a command line as getopt_long(3) does: bundled short options, unique prefixes of long ones, options
 * after operands (unless `permute` is false), `--`. Lazy, so that a caller can act on each option in order and
 * stop at its own error before a later misspelling is complained about. Texts are glibc's, led by `program`.
 */
export function* getopt(
  program: string,
  words: readonly string[],
  options: readonly OptionSpelling[],
  permute = true,
): Generator<GetoptEvent> {
  const operands: string[] = [];
  let position = 0;
  const nextWord = (): string | undefined => words[position++];

  for (let word = nextWord(); word !== undefined; word = nextWord()) {
    if (word === '--') break;
    if (word.startsWith('--')) {
      yield* scanLong(program, word.slice(2), options, nextWord);
    } else if (word.startsWith('-') && word !== '-') {
      yield* scanBundle(program, word.slice(1), options, nextWord);
    } else {
      operands.push(word);
      if (!permute) break;
    }
  }
  yield { kind: 'operands', words: [...operands, ...words.slice(position)] };
}

function* scanLong(
  program: string,
  text: string,
  options: readonly OptionSpelling[],
  nextWord: () => string | undefined,
): Generator<GetoptEvent> {
  const equals = text.indexOf('=');
  const given = equals < 0 ? text : text.slice(0, equals);
  const glued = equals < 0 ? undefined : text.slice(equals + 1);
  const fail = (message: string): GetoptEvent => ({ kind: 'error', message: `${program}: ${message}` });

  const match = findLong(options, given);
  if (match.kind === 'none') {
    yield fail(`unrecognized option '--${text}'`);
    return;
  }
  if (match.kind === 'ambiguous') {
    const names = match.names.map((name) => `'--${name}'`).join(' ');
    yield fail(`option '--${text}' is ambiguous; possibilities: ${names}`);
    return;
  }
  const { option, name } = match;
  if (glued !== undefined && option.argument === 'none') {
    yield fail(`option '--${name}' doesn't allow an argument`);
    return;
  }
  const argument = glued ?? (option.argument === 'required' ? nextWord() : undefined);
  if (argument === undefined && option.argument === 'required') {
    yield fail(`option '--${name}' requires an argument`);
    return;
  }
  yield { kind: 'option', id: option.id, argument };
}

function* scanBundle(
  program: string,
  bundle: string,
  options: readonly OptionSpelling[],
  nextWord: () => string | undefined,
): Generator<GetoptEvent> {
  for (let index = 0; index < bundle.length; index++) {
    const letter = bundle.charAt(index);
    const option = options.find((candidate) => candidate.short === letter);
    if (option === undefined) {
      yield { kind: 'error', message: `${program}: invalid option -- '${letter}'` };
      return;
    }
    if (option.argument === 'none') {
      yield { kind: 'option', id: option.id, argument: undefined };
      continue;
    }
    const rest = bundle.slice(index + 1);
    const argument = rest !== '' ? rest : option.argument === 'required' ? nextWord() : undefined;
    if (argument === undefined && option.argument === 'required') {
      yield { kind: 'error', message: `${program}: option requires an argument -- '${letter}'` };
      return;
    }
    yield { kind: 'option', id: option.id, argument };
    return;
  }
}
