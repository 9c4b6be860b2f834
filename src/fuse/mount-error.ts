/** What kept a module directory from being mounted. */
export type MountErrorCode =
  /** /dev/fuse is missing: the kernel has no FUSE, or its module is not loaded. */
  | 'NO_FUSE_DEVICE'
  /** Neither mount(2) nor fusermount3 may be used by this user. */
  | 'NOT_PERMITTED'
  /** Not root, and fusermount3 is not installed. */
  | 'NO_FUSERMOUNT'
  /** fusermount3 or mount(2) failed for another reason. */
  | 'MOUNT_FAILED'
  /** A directory of that name exists and is in use. */
  | 'MODULE_EXISTS'
  /** The root directory, or a directory above it, could be changed by somebody else, or cannot be reached. */
  | 'UNSAFE_ROOT'
  /** The root or module directory cannot be created. */
  | 'CANNOT_CREATE'
  /** A directory was removed by somebody else while it was being used; trying again helps. */
  | 'VANISHED'
  /** This process may not open enough files to serve any, and to remove them in the end. */
  | 'TOO_FEW_DESCRIPTORS'
  /** Two files claim one path, a path is file and directory at once, or a name cannot exist. */
  | 'BAD_PATH';

/** The environment refuses a mount. `message` is a full sentence that says what to install or grant. */
export class MountError extends Error {
  readonly code: MountErrorCode;

  constructor(code: MountErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'MountError';
    this.code = code;
  }
}
