import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Notes of <sys/sdt.h> written out, so that it need not be installed. */
const SOURCE = `
unsigned short watchers __attribute__((section(".probes"), used));
#define MARK(name, semaphore, arguments) __asm__ volatile ( \\
  "990: nop\\n" \\
  ".pushsection .note.stapsdt,\\"?\\",\\"note\\"\\n" \\
  ".balign 4\\n.4byte 992f-991f, 994f-993f, 3\\n" \\
  "991: .asciz \\"stapsdt\\"\\n992: .balign 4\\n" \\
  "993: .8byte 990b\\n.8byte _.stapsdt.base\\n.8byte " semaphore "\\n" \\
  ".asciz \\"shop\\"\\n.asciz \\"" name "\\"\\n.asciz \\"" arguments "\\"\\n994: .balign 4\\n" \\
  ".popsection\\n" \\
  ".ifndef _.stapsdt.base\\n" \\
  ".pushsection .stapsdt.base,\\"aG\\",\\"progbits\\",.stapsdt.base,comdat\\n" \\
  ".weak _.stapsdt.base\\n.hidden _.stapsdt.base\\n_.stapsdt.base: .space 1\\n.size _.stapsdt.base, 1\\n" \\
  ".popsection\\n.endif\\n")
__attribute__((noinline)) int sell(int amount) { MARK("sold", "watchers", "-4@%edi 8@$5"); return amount + 1; }
__attribute__((noinline)) static int give(int amount) { MARK("given", "0", ""); return amount - 1; }
int main(int count, char **words) { (void)words; return sell(count) + give(count); }
`;

/**
 * Compiles a program with gcc into the directory and returns its path. It has the functions `sell` and `main`
 * (global) and `give` (local), the marks shop.sold (with a semaphore) and shop.given, and a build id.
 */
export function compiledProgram(directory: string, ...options: readonly string[]): string {
  const source = join(directory, 'shop.c');
  const program = join(directory, 'shop');
  writeFileSync(source, SOURCE);
  execFileSync('gcc', ['-O1', '-Wl,--build-id', ...options, '-o', program, source]);
  return program;
}
