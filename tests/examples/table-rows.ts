/** Lines of a table, split at blanks; empty lines are left out. */
export function tableRows(text: string): readonly (readonly string[])[] {
  return text.split('\n').flatMap((line) => (line.trim() === '' ? [] : [line.trim().split(/ +/)]));
}
