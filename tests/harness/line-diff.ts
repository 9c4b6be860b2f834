/** Lines that differ, `-` expected and `+` actual, with up to two equal lines of context; '' when equal. */
export function lineDiff(expected: string, actual: string): string {
  if (expected === actual) return '';
  const before = visible(expected);
  const after = visible(actual);
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start++;
  let endBefore = before.length;
  let endAfter = after.length;
  while (endBefore > start && endAfter > start && before[endBefore - 1] === after[endAfter - 1]) {
    endBefore--;
    endAfter--;
  }
  return [
    ...before.slice(Math.max(0, start - 2), start).map((line) => `    ${line}`),
    ...before.slice(start, endBefore).map((line) => `  - ${line}`),
    ...after.slice(start, endAfter).map((line) => `  + ${line}`),
    ...before.slice(endBefore, endBefore + 2).map((line) => `    ${line}`),
  ].join('\n');
}

/** Lines with unprintable bytes shown as \xHH; a missing last newline is shown too. */
function visible(text: string): string[] {
  if (text === '') return [];
  const lines = text.split('\n');
  if (lines[lines.length - 1] === '') lines.pop();
  else lines.push('\\ no newline at the end');
  return lines.map((line) =>
    line.replace(
      /[^\t\x20-\x7e]/g,
      (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
    ),
  );
}
