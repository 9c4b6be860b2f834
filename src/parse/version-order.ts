/**
 * Order of two version texts: negative, 0 or positive. Runs of digits compare as numbers, the rest byte by
 * byte; digits with a leading zero sort like fractions, as strverscmp(3) has it.
 */
export function compareVersions(left: string, right: string): number {
  let at = 0;
  while (at < left.length && left[at] === right[at]) at++;
  if (at === left.length && at === right.length) return 0;
  let start = at;
  while (start > 0 && isDigit(left, start - 1)) start--;
  const leftRun = digitRun(left, start);
  const rightRun = digitRun(right, start);
  const byteOrder = codeAt(left, at) - codeAt(right, at);
  // Neither differing position belongs to a number on both sides: plain byte order.
  if (leftRun === '' || rightRun === '' || start + Math.max(leftRun.length, rightRun.length) <= at)
    return byteOrder;
  if (leftRun.startsWith('0') || rightRun.startsWith('0'))
    return compareFractions(leftRun, rightRun, byteOrder);
  return leftRun.length === rightRun.length ? byteOrder : leftRun.length - rightRun.length;
}

function compareFractions(left: string, right: string, byteOrder: number): number {
  const zeros = (run: string): number => /^0*/.exec(run)?.[0].length ?? 0;
  // A fraction that ends first is larger: "00" < "0", "01" < "010" < "09".
  if (zeros(left) === left.length && right.startsWith(left)) return 1;
  if (zeros(right) === right.length && left.startsWith(right)) return -1;
  return byteOrder;
}

function isDigit(text: string, at: number): boolean {
  const code = codeAt(text, at);
  return code >= 48 && code <= 57;
}

function codeAt(text: string, at: number): number {
  return at < text.length ? text.charCodeAt(at) : 0;
}

function digitRun(text: string, start: number): string {
  let end = start;
  while (isDigit(text, end)) end++;
  return text.slice(start, end);
}
