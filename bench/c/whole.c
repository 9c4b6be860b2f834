/*
 * Reads a file as cat does: open, read to the end, close. Usage: whole PATH COUNT
 * Prints the median in nanoseconds.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static char buffer[65536];

static long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000L + t.tv_nsec;
}

static void read_whole(const char *path) {
  int fd = open(path, O_RDONLY);
  ssize_t length = fd < 0 ? -1 : 1;
  while (length > 0) length = read(fd, buffer, sizeof buffer);
  if (length < 0) {
    perror(path);
    exit(1);
  }
  close(fd);
}

static int compare(const void *a, const void *b) {
  long x = *(const long *)a, y = *(const long *)b;
  return (x > y) - (x < y);
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  int count = atoi(argv[2]);
  long *samples = malloc(count * sizeof *samples);
  for (int i = 0; i < count / 10; i++) read_whole(argv[1]);
  for (int i = 0; i < count; i++) {
    long start = now();
    read_whole(argv[1]);
    samples[i] = now() - start;
  }
  qsort(samples, count, sizeof *samples, compare);
  printf("%ld\n", samples[count / 2]);
  return 0;
}
