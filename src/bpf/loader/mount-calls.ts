import koffi from 'koffi';

/**
 * The system calls of mounts that are not attached anywhere yet. Those on paths run in another thread: what is at the path may
 * be served by this process. Descriptors are close-on-exec.
 */
export interface MountCalls {
  /** A new file system that nobody can see; minus the error number when it cannot be made. Its last use ends it. */
  newFileSystem(type: string): number;
  /** The file `name` of that file system as a mount of its own; minus the error number. */
  fileOf(fileSystem: number, name: string): number;
  /** Attaches such a mount over a file. False when the kernel refuses. */
  attach(mount: number, path: string): Promise<boolean>;
  /** Takes the topmost mount away from a path, also while it is in use. False when there is none. */
  detach(path: string): Promise<boolean>;
}

/** The same on all architectures. */
const NUMBER = { openTree: 428, moveMount: 429, fsopen: 430, fsconfig: 431, fsmount: 432 } as const;
const FSOPEN_CLOEXEC = 1;
const FSCONFIG_CMD_CREATE = 6;
const FSMOUNT_CLOEXEC = 1;
const MOUNT_ATTR_NOSUID_NODEV_NOEXEC = 2 | 4 | 8;
const OPEN_TREE_CLONE_CLOEXEC = 1 | 0o2000000;
const MOVE_MOUNT_F_EMPTY_PATH = 4;
const AT_FDCWD = -100;
const MNT_DETACH = 2;
const UMOUNT_NOFOLLOW = 8;

type NativeCall = (...args: (number | string | null)[]) => number;

/** Binds the C library. */
export function loadMountCalls(): MountCalls {
  const library = koffi.load(null);
  const bind = (definition: string): NativeCall => {
    const native: (...args: unknown[]) => number = library.func(definition);
    return native;
  };
  const open = bind('long syscall(long number, const char *type, long flags)');
  const configure = bind(
    'long syscall(long number, long fd, long command, void *key, void *value, long more)',
  );
  const mount = bind('long syscall(long number, long fd, long flags, long attributes)');
  const openTree = bind('long syscall(long number, long fd, const char *path, long flags)');
  const move = library.func(
    'long syscall(long number, long from, const char *source, long to, const char *target, long flags)',
  );
  const unmount = library.func('int umount2(const char *target, int flags)');
  const close = bind('int close(int fd)');
  const checked = (result: number): number => (result < 0 ? -koffi.errno() : result);
  return {
    newFileSystem(type) {
      const context = checked(open(NUMBER.fsopen, type, FSOPEN_CLOEXEC));
      if (context < 0) return context;
      const created = checked(configure(NUMBER.fsconfig, context, FSCONFIG_CMD_CREATE, null, null, 0));
      const fileSystem =
        created < 0
          ? created
          : checked(mount(NUMBER.fsmount, context, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID_NODEV_NOEXEC));
      close(context);
      return fileSystem;
    },
    fileOf: (fileSystem, name) =>
      checked(openTree(NUMBER.openTree, fileSystem, name, OPEN_TREE_CLONE_CLOEXEC)),
    attach: (from, path) =>
      inAnotherThread(move, [NUMBER.moveMount, from, '', AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH]),
    detach: (path) => inAnotherThread(unmount, [path, MNT_DETACH | UMOUNT_NOFOLLOW]),
  };
}

function inAnotherThread(
  native: ReturnType<ReturnType<typeof koffi.load>['func']>,
  args: readonly (number | string)[],
): Promise<boolean> {
  return new Promise((resolve) => {
    native.async(...args, (error: unknown, result: number) => {
      resolve((error === null || error === undefined) && result >= 0);
    });
  });
}
