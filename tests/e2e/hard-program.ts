import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const SOURCE = `
#define _GNU_SOURCE
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#define KEPT __attribute__((noinline, noipa))
KEPT long work(long i) { return i * 3; }
KEPT long text(const char *words) { return words == 0; }
int main(int count, char **words) {
  long times = count > 1 ? atol(words[1]) : 1;
  const char *how = count > 2 ? words[2] : "";
  for (long i = 0; i < times; i++) { work(i); syscall(SYS_kill, 0x7fffffff, 0); }
  if (strcmp(how, "exec") == 0) execl(words[0], words[0], words[1], (char *)0);
  if (strcmp(how, "kill") == 0) raise(SIGKILL);
  if (strcmp(how, "leave") == 0) syscall(SYS_exit_group, 0);
  if (strcmp(how, "text") == 0) {
    static char all[600];
    for (int i = 0; i < 511; i++) all[i] = 1 + (1 + i) % 255;
    text(all);
    text("");
    text((char *)1);
    text(0);
    text("end");
  }
  if (strcmp(how, "wait") == 0) pause();
  return 0;
}`;
/**
 * Compiles a program into a folder and returns its path; its name is used nowhere else, and short enough for
 * execname(). `PROGRAM N` calls its function `work` and kill(2) of no
 * process, which fails, so many times; `PROGRAM N HOW` then executes itself as `PROGRAM N`, is killed, ends in
 * the middle of main, calls `text` with texts of all bytes and bad addresses, or waits.
 */
export function hardProgram(folder: string): string {
  const source = join(folder, 'hard.c');
  const program = join(folder, `hard-${randomBytes(4).toString('hex')}`);
  writeFileSync(source, SOURCE);
  execFileSync('gcc', ['-O1', '-fno-optimize-sibling-calls', '-o', program, source]);
  return program;
}
