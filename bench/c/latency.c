/*
 * Measures one client. Usage: latency DIRECTORY COUNT
 * Prints for each operation its median and 90th percentile in nanoseconds, as JSON.
 * Operations: open+read+close and pread of DIRECTORY/hello, open+write+close of DIRECTORY/sink.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static char hello[4096], sink[4096], buffer[65536];
static int held;

static long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000L + t.tv_nsec;
}

static void die(const char *what) {
  perror(what);
  exit(1);
}

static void open_read_close(void) {
  int fd = open(hello, O_RDONLY);
  if (fd < 0 || read(fd, buffer, sizeof buffer) <= 0) die("read");
  close(fd);
}

static void one_pread(void) {
  if (pread(held, buffer, 4096, 0) <= 0) die("pread");
}

static void open_write_close(void) {
  int fd = open(sink, O_WRONLY | O_TRUNC);
  if (fd < 0 || write(fd, "value 1\n", 8) != 8) die("write");
  close(fd);
}

static int compare(const void *a, const void *b) {
  long x = *(const long *)a, y = *(const long *)b;
  return (x > y) - (x < y);
}

static void measure(const char *name, void (*operation)(void), int count, const char *after) {
  long *samples = malloc(count * sizeof *samples);
  for (int i = 0; i < count / 10; i++) operation();
  for (int i = 0; i < count; i++) {
    long start = now();
    operation();
    samples[i] = now() - start;
  }
  qsort(samples, count, sizeof *samples, compare);
  printf("\"%s\":{\"p50\":%ld,\"p90\":%ld}%s", name, samples[count / 2], samples[count * 9 / 10], after);
  free(samples);
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  snprintf(hello, sizeof hello, "%s/hello", argv[1]);
  snprintf(sink, sizeof sink, "%s/sink", argv[1]);
  int count = atoi(argv[2]);
  held = open(hello, O_RDONLY);
  if (held < 0) die(hello);
  printf("{");
  measure("open+read+close", open_read_close, count, ",");
  measure("pread", one_pread, count, ",");
  measure("open+write+close", open_write_close, count, "}\n");
  return 0;
}
