/*
 * Measures throughput. Usage: readers FILE PROCESSES MILLISECONDS
 * Each process repeats open+read+close; prints how many were done per second, all together.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000L + t.tv_nsec;
}

int main(int argc, char **argv) {
  if (argc != 4) return 2;
  int processes = atoi(argv[2]);
  long duration = atol(argv[3]) * 1000000L;
  long *done = mmap(0, processes * sizeof *done, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  long start = now();
  for (int i = 0; i < processes; i++) {
    if (fork() != 0) continue;
    char buffer[65536];
    while (now() - start < duration) {
      int fd = open(argv[1], O_RDONLY);
      if (fd < 0 || read(fd, buffer, sizeof buffer) <= 0) _exit(1);
      close(fd);
      done[i]++;
    }
    _exit(0);
  }
  int failed = 0, status;
  while (wait(&status) > 0) failed |= status;
  long total = 0;
  for (int i = 0; i < processes; i++) total += done[i];
  printf("%ld\n", (long)(total * 1e9 / (now() - start)));
  return failed != 0;
}
