import type { DocumentationEntry, FileDocumentation } from './documentation.ts';
import { UNAVAILABLE_REASONS, type UnavailableReason } from './unavailable.ts';

/** The reference of the library as Markdown: a chapter for each file, then what cannot be had, by reason. */
export function libraryMarkdown(files: readonly FileDocumentation[]): string {
  const lines = [
    '# The script library',
    '',
    'Written by `npm run docs` from the comments in `tapset/`. A function is shown as `stap --dump-functions`',
    'shows it; one without a type after its name has no value.',
  ];
  for (const { title, introduction, entries } of chapters(files)) {
    lines.push('', `## ${title}`, '');
    if (introduction !== '') lines.push(introduction, '');
    lines.push(...entries.map(({ signature, text }) => `- \`${signature}\`${text === '' ? '' : `: ${text}`}`));
  }
  lines.push('', '## Known, but not to be had', '');
  lines.push('A script that calls one of these gets an error that names the reason; one that never does is fine.');
  for (const [reason, names] of unavailableNames(files)) {
    lines.push('', `### It ${UNAVAILABLE_REASONS[reason]}`, '', names.map((name) => `\`${name}\``).join(', '));
  }
  return `${lines.join('\n')}\n`;
}

/** The same as a manual page in the language of man(7). */
export function libraryManualPage(files: readonly FileDocumentation[]): string {
  const lines = [
    '.\\" Written by "npm run docs" from the comments in tapset/.',
    '.TH STAPFUNCS 3stap "" "stap-ts" "Script library"',
    '.SH NAME',
    'stapfuncs \\- functions, macros and aliases of the script library',
    '.SH DESCRIPTION',
    'A function is shown as',
    '.B stap \\-\\-dump\\-functions',
    'shows it; one without a type after its name has no value.',
  ];
  for (const { title, introduction, entries } of chapters(files)) {
    lines.push(`.SS ${title}`);
    if (introduction !== '') lines.push(roff(introduction));
    for (const { signature, text } of entries)
      lines.push('.TP', `.B ${escapeRoff(signature)}`, text === '' ? '\\&' : roff(text));
  }
  lines.push('.SH KNOWN, BUT NOT TO BE HAD');
  lines.push('A script that calls one of these gets an error that names the reason.');
  for (const [reason, names] of unavailableNames(files)) {
    lines.push(`.SS It ${UNAVAILABLE_REASONS[reason]}`, roff(names.join(', ')));
  }
  lines.push('.SH SEE ALSO', '.BR stap (1),', '.BR stapprobes (3stap)');
  return `${lines.join('\n')}\n`;
}

interface Chapter {
  readonly title: string;
  readonly introduction: string;
  readonly entries: readonly DocumentationEntry[];
}

/** One for each name of a file: `json.stp` and `json.stpm` are told together. */
function chapters(files: readonly FileDocumentation[]): readonly Chapter[] {
  const byTitle = new Map<string, Chapter>();
  for (const file of files) {
    const title = file.path.replace(/\.stpm?$/, '');
    const entries = file.entries.filter(({ unavailable }) => unavailable === undefined);
    const known = byTitle.get(title);
    const introduction = [known?.introduction ?? '', file.introduction].filter((part) => part !== '').join(' ');
    byTitle.set(title, { title, introduction, entries: [...(known?.entries ?? []), ...entries] });
  }
  return [...byTitle.values()].filter(({ entries }) => entries.length > 0);
}

function unavailableNames(
  files: readonly FileDocumentation[],
): ReadonlyMap<UnavailableReason, readonly string[]> {
  const names = new Map<UnavailableReason, string[]>();
  for (const { name, unavailable } of files.flatMap(({ entries }) => entries)) {
    if (unavailable === undefined) continue;
    const list = names.get(unavailable) ?? [];
    if (!list.includes(name)) list.push(name);
    names.set(unavailable, list);
  }
  return names;
}

/** Running text: what stands in backquotes is bold, and no line begins like a request. */
function roff(text: string): string {
  return text
    .split('`')
    .map((part, index) => (index % 2 === 1 ? `\\fB${escapeRoff(part)}\\fR` : escapeRoff(part)))
    .join('')
    .replace(/^(?=[.'])/, '\\&');
}

/** `text` is a byte string; troff(1) without preconv(1) knows only ASCII. */
function escapeRoff(text: string): string {
  return decodeUtf8(text)
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/[^\x00-\x7e]/gu, (character) => `\\[u${codePoint(character)}]`);
}

function decodeUtf8(text: string): string {
  return new TextDecoder().decode(Uint8Array.from(text, (unit) => unit.charCodeAt(0)));
}

function codePoint(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
}
