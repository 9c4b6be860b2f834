/*
 * Baseline: the smallest FUSE server in C. One thread, blocking read(2) and write(2) on /dev/fuse, no library.
 * Serves two files like ours: `hello` (read) and `sink` (write), with the same flags and timeouts.
 * Usage: raw_fuse MOUNTPOINT
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static const char content[] = "Hello, I am a file\n";
static const char *names[] = {0, 0, "hello", "sink"};
static char in[(1 << 20) + 4096] __attribute__((aligned(16)));
static char out[(1 << 20) + 4096] __attribute__((aligned(16)));
static const char *mountpoint;
static int fd;

static void stop(int sig) {
  (void)sig;
  umount2(mountpoint, MNT_DETACH);
  _exit(0);
}

static void fill(struct fuse_attr *attr, uint64_t node) {
  memset(attr, 0, sizeof *attr);
  attr->ino = node;
  attr->mode = node == 1 ? S_IFDIR | 0555 : node == 2 ? S_IFREG | 0444 : S_IFREG | 0222;
  attr->nlink = node == 1 ? 2 : 1;
  attr->blksize = 4096;
}

static int dispatch(struct fuse_in_header *h, void *arg, void *reply, int *size) {
  switch (h->opcode) {
  case FUSE_INIT: {
    struct fuse_init_in *i = arg;
    struct fuse_init_out *o = reply;
    memset(o, 0, sizeof *o);
    o->major = 7;
    o->minor = i->minor < FUSE_KERNEL_MINOR_VERSION ? i->minor : FUSE_KERNEL_MINOR_VERSION;
    o->max_readahead = i->max_readahead;
    o->flags = i->flags & (FUSE_ASYNC_READ | FUSE_ATOMIC_O_TRUNC | FUSE_BIG_WRITES | FUSE_PARALLEL_DIROPS |
                           FUSE_MAX_PAGES | FUSE_NO_OPENDIR_SUPPORT);
    o->max_background = 16;
    o->congestion_threshold = 12;
    o->max_write = 1 << 20;
    o->time_gran = 1;
    o->max_pages = 256;
    *size = sizeof *o;
    return 0;
  }
  case FUSE_LOOKUP: {
    struct fuse_entry_out *o = reply;
    for (int n = 2; n < 4; n++) {
      if (strcmp(arg, names[n])) continue;
      memset(o, 0, sizeof *o);
      o->nodeid = n;
      o->entry_valid = o->attr_valid = 1000000;
      fill(&o->attr, n);
      *size = sizeof *o;
      return 0;
    }
    return -ENOENT;
  }
  case FUSE_GETATTR:
  case FUSE_SETATTR: {
    struct fuse_attr_out *o = reply;
    memset(o, 0, sizeof *o);
    o->attr_valid = 1000000;
    fill(&o->attr, h->nodeid);
    *size = sizeof *o;
    return 0;
  }
  case FUSE_OPEN: {
    struct fuse_open_out *o = reply;
    memset(o, 0, sizeof *o);
    o->open_flags = FOPEN_DIRECT_IO | FOPEN_NOFLUSH | FOPEN_PARALLEL_DIRECT_WRITES;
    *size = sizeof *o;
    return 0;
  }
  case FUSE_READ: {
    struct fuse_read_in *r = arg;
    size_t length = sizeof content - 1;
    size_t from = r->offset < length ? r->offset : length;
    size_t n = length - from < r->size ? length - from : r->size;
    memcpy(reply, content + from, n);
    *size = n;
    return 0;
  }
  case FUSE_WRITE: {
    struct fuse_write_out *o = reply;
    memset(o, 0, sizeof *o);
    o->size = ((struct fuse_write_in *)arg)->size;
    *size = sizeof *o;
    return 0;
  }
  case FUSE_RELEASE:
    return 0;
  default:
    return -ENOSYS;
  }
}

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  mountpoint = argv[1];
  fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
  char data[100];
  snprintf(data, sizeof data, "fd=%d,rootmode=40000,user_id=0,group_id=0,default_permissions,allow_other", fd);
  if (fd < 0 || mount("raw_fuse", mountpoint, "fuse.raw", MS_NOSUID | MS_NODEV, data)) {
    perror("mount");
    return 1;
  }
  signal(SIGTERM, stop);
  signal(SIGINT, stop);
  for (;;) {
    ssize_t n = read(fd, in, sizeof in);
    if (n < 0 && (errno == EINTR || errno == ENOENT || errno == EAGAIN)) continue;
    if (n < 0) return 0;
    struct fuse_in_header *h = (void *)in;
    struct fuse_out_header *o = (void *)out;
    if (h->opcode == FUSE_FORGET || h->opcode == FUSE_BATCH_FORGET || h->opcode == FUSE_INTERRUPT) continue;
    int size = 0;
    o->error = dispatch(h, in + sizeof *h, out + sizeof *o, &size);
    o->unique = h->unique;
    o->len = sizeof *o + size;
    if (write(fd, out, o->len) < 0 && errno != ENOENT) return 0;
  }
}
