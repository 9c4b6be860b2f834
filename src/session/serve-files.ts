import type { ModuleDirectoryOptions, MountedDirectory } from '../procfs/mounted-directory.ts';
import type { FileMethod } from './stap-options.ts';

/** What decides how and where files are served, the same for a whole session. */
export interface FileServing {
  readonly method: FileMethod;
  /** Directory that gets the module's directory when files are FUSE files. */
  readonly root: string;
  /** The same for FIFOs. */
  readonly fifoRoot: string;
  /** Group that may read what the owner may read (`--procfs-group`). */
  readonly group: string | undefined;
}

/** What changes from module to module. */
export interface FileRequest extends Pick<ModuleDirectoryOptions, 'moduleName' | 'files' | 'gate'> {
  readonly warn: (text: string) => void;
  /** Called once when somebody else removed the files; `reason` has no full stop. */
  readonly onLost: (reason: string) => void;
}

/**
 * Serves the files of a module, as FUSE files or as FIFOs.
 * @throws {MountError} when they cannot be served; the message says why and what helps
 */
export async function serveFiles(serving: FileServing, request: FileRequest): Promise<MountedDirectory> {
  const { mountModuleDirectory, sweepRoot } = await import('../procfs/module-directory.ts');
  const { moduleName, files, gate } = request;
  await sweepRoot(serving.root);
  return mountModuleDirectory({
    root: serving.root,
    moduleName,
    files,
    gate,
    uid: process.getuid?.() ?? 0,
    gid: process.getgid?.() ?? 0,
    onLost: () => request.onLost('the module directory was unmounted from outside'),
  });
}
