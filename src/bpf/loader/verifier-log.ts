import type { KernelProgram } from '../../module/kernel-part.ts';

/** `12: (61) r1 = *(u32 *)(r0 +0)`: the verifier looks at instruction 12. */
const INSTRUCTION = /^(\d+): \([0-9a-f]{2}\)/;
/** What the verifier says about itself, or the state of registers, behind or between what it complains of. */
const STATISTICS =
  /^(processed \d+ insns|verification time|stack depth|max_states|mark_precise|\d+: R|from \d+ to)/;

/** One sentence for the user: the place in the script of the instruction refused, and the complaint. */
export function explainRefusal(program: KernelProgram, log: string): string {
  const lines = log.split('\n').filter((line) => line !== '' && !STATISTICS.test(line));
  const complaint = lines.findLast((line) => !INSTRUCTION.test(line) && !/^(;|R\d+=|func#)/.test(line));
  const instruction = lines.findLast((line) => INSTRUCTION.test(line));
  const place = placeOf(program, Number(INSTRUCTION.exec(instruction ?? '')?.[1] ?? 0));
  const where = place === undefined ? `program ${program.name}` : `handler at ${place}`;
  return `the kernel's verifier refuses the ${where}: ${complaint ?? 'it does not say why'}`;
}

/** False when the verifier did not come as far as the code: it does not like what the program is for. */
export function isAboutInstructions(log: string): boolean {
  return log.split('\n').some((line) => INSTRUCTION.test(line));
}

/** Text of the last place that begins at `instruction` or before. */
function placeOf(program: KernelProgram, instruction: number): string | undefined {
  return program.places.findLast(({ from }) => from <= instruction)?.text;
}
