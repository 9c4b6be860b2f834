/* usage: system-calls FILE
 * Performs one system call after the other on a readable and writable file and prints `call = result` for each:
 * those that higher languages hide or soften (bad addresses, zero lengths, data without copying, advice). */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/uio.h>
#include <sys/xattr.h>
#include <unistd.h>

static char data[8192];

static void show(const char *call, long result) {
  if (result < 0) printf("%s = %s\n", call, strerrorname_np(errno));
  else printf("%s = %ld\n", call, result);
  fflush(stdout);
}

static void showText(const char *call, long result) {
  if (result < 0) {
    show(call, result);
    return;
  }
  printf("%s = %ld \"", call, result);
  for (long at = 0; at < result; at++) {
    if (data[at] == '\n') printf("\\n");
    else putchar(data[at]);
  }
  printf("\"\n");
  fflush(stdout);
}

static void opening(const char *path) {
  struct { int flags; const char *name; } ways[] = {
    { O_RDONLY | O_NONBLOCK, "O_RDONLY|O_NONBLOCK" }, { O_RDONLY | O_DIRECT, "O_RDONLY|O_DIRECT" },
    { O_RDONLY | O_DIRECTORY, "O_RDONLY|O_DIRECTORY" }, { O_PATH, "O_PATH" }, { O_RDWR, "O_RDWR" },
    { O_WRONLY | O_CREAT | O_TRUNC, "O_WRONLY|O_CREAT|O_TRUNC" },
    { O_WRONLY | O_CREAT | O_EXCL, "O_WRONLY|O_CREAT|O_EXCL" }, { O_WRONLY | O_APPEND, "O_WRONLY|O_APPEND" },
  };
  char call[64];
  for (unsigned at = 0; at < sizeof ways / sizeof *ways; at++) {
    int fd = open(path, ways[at].flags, 0644);
    snprintf(call, sizeof call, "open(%s)", ways[at].name);
    show(call, fd < 0 ? -1 : close(fd));
  }
}

static void reading(const char *path) {
  int fd = open(path, O_RDONLY), file, ends[2], available = 0;
  struct pollfd entry = { fd, POLLIN | POLLOUT | POLLPRI, 0 };
  show("lseek(END)", lseek(fd, 0, SEEK_END));
  show("lseek(DATA)", lseek(fd, 0, SEEK_DATA));
  show("lseek(HOLE)", lseek(fd, 0, SEEK_HOLE));
  showText("pread(4096,0)", pread(fd, data, 4096, 0));
  show("pread(3,-1)", pread(fd, data, 3, -1));
  show("pread(NULL)", pread(fd, NULL, 3, 0));
  show("poll", poll(&entry, 1, 1000));
  printf("revents = %x\n", (unsigned)entry.revents);
  show("ioctl(FIONREAD)", ioctl(fd, FIONREAD, &available));
  show("posix_fadvise", posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL));
  show("fsync", fsync(fd));
  show("flock", flock(fd, LOCK_EX | LOCK_NB));
  char *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
  if (page == MAP_FAILED) show("mmap", -1);
  else printf("mmap = %.4s", page);
  file = open("/tmp", O_TMPFILE | O_RDWR, 0600);
  show("sendfile(file)", sendfile(file, fd, &(off_t){ 0 }, 100));
  show("copy_file_range", copy_file_range(fd, &(off_t){ 0 }, file, NULL, 100, 0));
  if (pipe(ends) == 0) show("splice(pipe)", splice(fd, &(off_t){ 0 }, ends[1], NULL, 100, 0));
  close(fd);
}

static void writing(const char *path) {
  int fd = open(path, O_WRONLY);
  struct iovec parts[2] = { { "two ", 4 }, { "parts\n", 6 } };
  struct pollfd entry = { fd, POLLIN | POLLOUT, 0 };
  show("write(0)", write(fd, "", 0));
  show("write(4)", write(fd, "one\n", 4));
  show("writev(4+6)", writev(fd, parts, 2));
  show("pwrite(4,1000)", pwrite(fd, "far\n", 4, 1000));
  show("lseek(CUR)", lseek(fd, 0, SEEK_CUR));
  memset(data, 'x', sizeof data);
  show("write(5000)", write(fd, data, 5000));
  show("write(NULL)", write(fd, NULL, 3));
  show("fallocate", fallocate(fd, 0, 0, 10));
  show("ftruncate(10)", ftruncate(fd, 10));
  show("fsync", fsync(fd));
  show("poll", poll(&entry, 1, 1000));
  show("close", close(fd));
}

static void both(const char *path) {
  int fd = open(path, O_RDWR);
  show("rdwr: write(4)", write(fd, "new\n", 4));
  showText("rdwr: pread(4096,0)", pread(fd, data, 4096, 0));
  show("rdwr: write(6)", write(fd, "newer\n", 6));
  showText("rdwr: pread(4096,0) again", pread(fd, data, 4096, 0));
  close(fd);
}

static void naming(const char *path) {
  struct stat facts;
  struct statfs system;
  char other[4096];
  snprintf(other, sizeof other, "%s.new", path);
  show("rename", rename(path, other));
  show("link", link(path, other));
  show("symlink", symlink(path, other));
  show("mkdir", mkdir(other, 0755));
  show("unlink", unlink(path));
  show("access(X_OK)", access(path, X_OK));
  show("chmod", chmod(path, 0640));
  show("chown", chown(path, 1000, 1000));
  show("utimensat", utimensat(AT_FDCWD, path, NULL, 0));
  stat(path, &facts);
  printf("stat = %o links %lu uid %u gid %u size %ld blocks %ld\n", facts.st_mode, (unsigned long)facts.st_nlink,
         facts.st_uid, facts.st_gid, (long)facts.st_size, (long)facts.st_blocks);
  show("setxattr", setxattr(path, "user.x", "1", 1, 0));
  show("listxattr", listxattr(path, data, 100));
  statfs(path, &system);
  printf("f_type = %lx\n", (long)system.f_type);
}

int main(int count, char **words) {
  if (count != 2) return 2;
  opening(words[1]);
  reading(words[1]);
  writing(words[1]);
  both(words[1]);
  naming(words[1]);
  return 0;
}
