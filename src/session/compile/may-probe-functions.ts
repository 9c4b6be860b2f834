/** Probe points of these roots need no functions of the kernel. */
const OTHER_ROOTS: ReadonlySet<string> = new Set([
  'begin',
  'end',
  'error',
  'never',
  'oneshot',
  'timer',
  'procfs',
  'input',
  'process',
  'syscall',
  'nd_syscall',
  'tp_syscall',
  'perf',
]);

/**
 * Whether a script could probe functions of the kernel, itself or by an alias of the library. Told from the text before
 * it is parsed, because what tries it is loaded beforehand; when in doubt it could.
 */
export function mayProbeFunctions(text: string): boolean {
  return [...text.matchAll(/\bprobe\b([^{]*)\{/g)].some(
    ([, points = '']) =>
      // What arguments of the command line, macros and conditions put there is not looked at.
      /[$@%]/.test(points.replace(/"[^"]*"/g, '')) ||
      points.split(/[,=!?]/).some((point) => {
        const root = /^[\s+:]*([a-z_]\w*)/i.exec(point)?.[1];
        if (root === 'kernel') return !/^[\s+:]*kernel\s*\.\s*(?:trace|tracepoint)\b/.test(point);
        return root !== undefined && !OTHER_ROOTS.has(root);
      }),
  );
}
