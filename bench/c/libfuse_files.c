/*
 * Baseline: the same two files on libfuse 3's low-level interface, single-threaded loop.
 * Usage: libfuse_files -f -s -o allow_other,default_permissions MOUNTPOINT
 */
#define FUSE_USE_VERSION 312
#include <errno.h>
#include <fuse_lowlevel.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char content[] = "Hello, I am a file\n";

static void fill(struct stat *st, fuse_ino_t ino) {
  memset(st, 0, sizeof *st);
  st->st_ino = ino;
  st->st_mode = ino == 1 ? S_IFDIR | 0555 : ino == 2 ? S_IFREG | 0444 : S_IFREG | 0222;
  st->st_nlink = ino == 1 ? 2 : 1;
}

static void on_lookup(fuse_req_t req, fuse_ino_t parent, const char *name) {
  struct fuse_entry_param e;
  (void)parent;
  memset(&e, 0, sizeof e);
  e.ino = strcmp(name, "hello") == 0 ? 2 : strcmp(name, "sink") == 0 ? 3 : 0;
  if (e.ino == 0) {
    fuse_reply_err(req, ENOENT);
    return;
  }
  e.attr_timeout = e.entry_timeout = 1e6;
  fill(&e.attr, e.ino);
  fuse_reply_entry(req, &e);
}

static void on_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi) {
  struct stat st;
  (void)fi;
  fill(&st, ino);
  fuse_reply_attr(req, &st, 1e6);
}

static void on_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *attr, int to_set, struct fuse_file_info *fi) {
  (void)attr;
  (void)to_set;
  on_getattr(req, ino, fi);
}

static void on_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi) {
  (void)ino;
  fi->direct_io = 1;
  fi->noflush = 1;
  fuse_reply_open(req, fi);
}

static void on_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi) {
  size_t length = sizeof content - 1;
  size_t from = (size_t)off < length ? (size_t)off : length;
  (void)ino;
  (void)fi;
  fuse_reply_buf(req, content + from, length - from < size ? length - from : size);
}

static void on_write(fuse_req_t req, fuse_ino_t ino, const char *buf, size_t size, off_t off,
                     struct fuse_file_info *fi) {
  (void)ino;
  (void)buf;
  (void)off;
  (void)fi;
  fuse_reply_write(req, size);
}

static void on_init(void *userdata, struct fuse_conn_info *conn) {
  (void)userdata;
  conn->want |= conn->capable & FUSE_CAP_ATOMIC_O_TRUNC;
}

static const struct fuse_lowlevel_ops ops = {
    .init = on_init,
    .lookup = on_lookup,
    .getattr = on_getattr,
    .setattr = on_setattr,
    .open = on_open,
    .read = on_read,
    .write = on_write,
};

int main(int argc, char **argv) {
  struct fuse_args args = FUSE_ARGS_INIT(argc, argv);
  struct fuse_cmdline_opts opts;
  if (fuse_parse_cmdline(&args, &opts)) return 2;
  struct fuse_session *se = fuse_session_new(&args, &ops, sizeof ops, NULL);
  if (se == NULL || fuse_set_signal_handlers(se) || fuse_session_mount(se, opts.mountpoint)) return 1;
  int status = fuse_session_loop(se);
  fuse_session_unmount(se);
  fuse_remove_signal_handlers(se);
  fuse_session_destroy(se);
  return status != 0;
}
