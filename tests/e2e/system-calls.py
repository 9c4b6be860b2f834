"""Performs one system call after the other on a file and prints `what = result` for each.

usage: system-calls.py read|write|rdwr|paths FILE
"""
import errno
import fcntl
import mmap
import os
import select
import sys
import termios


def show(what, call):
    try:
        result = call()
        print(f"{what} = {result!r}")
    except (OSError, termios.error) as error:
        print(f"{what} = {errno.errorcode[error.args[0]]}")
    sys.stdout.flush()


def read_side(path):
    fd = os.open(path, os.O_RDONLY)
    show("lseek(0,CUR)", lambda: os.lseek(fd, 0, os.SEEK_CUR))
    show("read(0)", lambda: os.read(fd, 0))
    show("read(1)", lambda: os.read(fd, 1))
    show("read(5)", lambda: os.read(fd, 5))
    show("lseek(0,CUR)", lambda: os.lseek(fd, 0, os.SEEK_CUR))
    show("read(4096)", lambda: os.read(fd, 4096))
    show("read(4096)", lambda: os.read(fd, 4096))
    show("lseek(0,SET)", lambda: os.lseek(fd, 0, os.SEEK_SET))
    show("read(4096)", lambda: os.read(fd, 4096))
    show("lseek(2,SET)", lambda: os.lseek(fd, 2, os.SEEK_SET))
    show("read(3)", lambda: os.read(fd, 3))
    show("lseek(100000,SET)", lambda: os.lseek(fd, 100000, os.SEEK_SET))
    show("read(3)", lambda: os.read(fd, 3))
    show("lseek(-1,SET)", lambda: os.lseek(fd, -1, os.SEEK_SET))
    show("pread(3,0)", lambda: os.pread(fd, 3, 0))
    show("pread(3,2)", lambda: os.pread(fd, 3, 2))
    show("pread(65536,0)", lambda: os.pread(fd, 65536, 0))
    show("write", lambda: os.write(fd, b"x"))
    show("TCGETS", lambda: termios.tcgetattr(fd))
    show("ftruncate", lambda: os.ftruncate(fd, 0))
    poll = select.poll()
    poll.register(fd, select.POLLIN | select.POLLOUT)
    show("poll", lambda: [hex(events) for _, events in poll.poll(1000)])
    show("flock", lambda: fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB))
    second = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    show("second open, pread(60,0)", lambda: os.pread(second, 60, 0))
    show("first open, pread(60,0)", lambda: os.pread(fd, 60, 0))
    try:
        mmap.mmap(fd, 4096, prot=mmap.PROT_READ)
        print("mmap = mapped")
    except (OSError, ValueError):
        print("mmap = refused")


def write_side(path):
    fd = os.open(path, os.O_WRONLY)
    show("read", lambda: os.read(fd, 3))
    show("write(0)", lambda: os.write(fd, b""))
    show("write(1)", lambda: os.write(fd, b"7"))
    show("lseek(0,CUR)", lambda: os.lseek(fd, 0, os.SEEK_CUR))
    show("write(3)", lambda: os.write(fd, b"89\n"))
    show("lseek(0,CUR)", lambda: os.lseek(fd, 0, os.SEEK_CUR))
    show("pwrite(3,100)", lambda: os.pwrite(fd, b"11\n", 100))
    show("writev", lambda: os.writev(fd, [b"21", b"22\n"]))
    show("write(511)", lambda: os.write(fd, b"x" * 511))
    show("write(5000)", lambda: os.write(fd, b"x" * 5000))
    show("write with NUL", lambda: os.write(fd, b"4\0b5"))
    show("ftruncate(0)", lambda: os.ftruncate(fd, 0))
    show("close", lambda: os.close(fd))
    for name, flags in (
        ("O_TRUNC", os.O_WRONLY | os.O_TRUNC),
        ("O_CREAT|O_TRUNC", os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
        ("O_APPEND", os.O_WRONLY | os.O_APPEND),
        ("O_NONBLOCK", os.O_WRONLY | os.O_NONBLOCK),
    ):
        show(f"open({name})", lambda: os.close(os.open(path, flags)))
    show("open(O_CREAT|O_EXCL)", lambda: os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
    show("open(O_DIRECTORY)", lambda: os.open(path, os.O_RDONLY | os.O_DIRECTORY))


def both_sides(path):
    fd = os.open(path, os.O_RDWR)
    show("read(4096)", lambda: os.read(fd, 4096))
    show("write(3)", lambda: os.write(fd, b"55\n"))
    show("pread(4096,0)", lambda: os.pread(fd, 4096, 0))
    os.close(fd)
    fd = os.open(path, os.O_RDONLY)
    show("new open, read(4096)", lambda: os.read(fd, 4096))


def paths(path):
    show("truncate(0)", lambda: os.truncate(path, 0))
    show("access(R_OK)", lambda: os.access(path, os.R_OK))
    show("access(X_OK)", lambda: os.access(path, os.X_OK))
    show("unlink", lambda: os.unlink(path))
    show("rename", lambda: os.rename(path, path + ".new"))
    show("link", lambda: os.link(path, path + ".new"))
    show("open(new,O_CREAT)", lambda: os.open(path + ".new", os.O_CREAT | os.O_WRONLY))
    show("mkdir", lambda: os.mkdir(path + ".new"))
    show("utime", lambda: os.utime(path))
    show("listxattr", lambda: os.listxattr(path))
    show("statvfs", lambda: os.statvfs(path) is not None)


{"read": read_side, "write": write_side, "rdwr": both_sides, "paths": paths}[sys.argv[1]](sys.argv[2])
