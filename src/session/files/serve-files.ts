import type { FifoSettings, FrozenFifos } from '../../fifo/fifo-directory.ts';
import { fifoProblem, pathForBoth } from '../../fifo/fifo-problem.ts';
import type { MountErrorCode } from '../../fuse/mount-error.ts';
import { MountError } from '../../fuse/mount-error.ts';
import type { FrozenDirectory } from '../../procfs/frozen-directory.ts';
import type { PseudoFile } from '../../procfs/pseudo-file.ts';
import type {
  AdoptedDirectoryOptions,
  ModuleDirectoryOptions,
  ServedFiles,
} from '../../procfs/served-files.ts';
import { groupNumber } from './group-number.ts';
import type { FileMethod } from '../stap-options.ts';

/** What decides how and where files are served, the same for a whole session. */
export interface FileServing {
  readonly method: FileMethod;
  /** Directory that gets the module's directory when files are FUSE files. */
  readonly root: string;
  /** The same for FIFOs. */
  readonly fifoRoot: string;
  /** Group that may read what the owner may read, by name or number. */
  readonly group: string | undefined;
}

/** What changes from module to module. */
export interface FileRequest extends Pick<ModuleDirectoryOptions, 'moduleName' | 'files' | 'gate'> {
  readonly warn: (text: string) => void;
  /** What only verbose sessions tell. */
  readonly note: (text: string) => void;
  /** Called once when somebody else removed the files; `reason` has no full stop. */
  readonly onLost: (reason: string) => void;
}

/** What another process needs to go on serving besides the descriptor; plain data. */
export type FrozenFiles = FrozenDirectory | FrozenFifos;

/**
 * Goes on serving, in this process, what another one froze; `fd` is the descriptor that it handed on. That process must
 * not abandon its files before this has settled.
 */
export async function adoptFiles(
  serving: FileServing,
  fd: number,
  frozen: FrozenFiles,
  request: FileRequest,
): Promise<ServedFiles<FrozenFiles>> {
  const groupGid = serving.group === undefined ? undefined : groupNumber(serving.group);
  if ('kind' in frozen) {
    const { adoptFifos } = await import('../../fifo/serve-fifos.ts');
    return adoptFifos(fd, frozen, fifoSettings(request, groupGid));
  }
  const { adoptModuleDirectory } = await import('../../procfs/module-directory.ts');
  return adoptModuleDirectory(fd, frozen, mountSettings(request, groupGid));
}

/** What can be told before anything of the script runs: why its files cannot be served. Undefined: nothing known. */
export function servingProblem(serving: FileServing, files: readonly PseudoFile[]): string | undefined {
  return serving.method === 'fifo' ? fifoProblem(files) : undefined;
}

/**
 * Serves the files of a module, as FUSE files or as FIFOs.
 * @throws {MountError} when they cannot be served; the message says why and what helps
 */
export async function serveFiles(
  serving: FileServing,
  request: FileRequest,
): Promise<ServedFiles<FrozenFiles>> {
  const groupGid = serving.group === undefined ? undefined : groupNumber(serving.group);
  if (serving.method === 'fifo') return serveAsFifos(serving, request, groupGid);
  try {
    return await mountFiles(serving, request, groupGid);
  } catch (error) {
    if (serving.method === 'fuse' || !(error instanceof MountError) || !LACKING_FUSE.includes(error.code))
      throw error;
    return serveWithoutFuse(serving, request, groupGid, error);
  }
}

/** Why FUSE cannot be used at all, as opposed to: not at this place, not with these files. */
const LACKING_FUSE: readonly MountErrorCode[] = [
  'NO_FUSE_DEVICE',
  'NOT_PERMITTED',
  'NO_FUSERMOUNT',
  'MOUNT_FAILED',
];

const REMEDIES =
  'To get FUSE: start a container with "--device /dev/fuse --cap-add SYS_ADMIN"; for users, install the package "fuse3"' +
  ' (fusermount3) and let everybody open /dev/fuse; or run in a user namespace ("unshare -rm").';

async function mountFiles(
  serving: FileServing,
  request: FileRequest,
  groupGid: number | undefined,
): Promise<ServedFiles<FrozenFiles>> {
  const { mountModuleDirectory, sweepRoot } = await import('../../procfs/module-directory.ts');
  await sweepRoot(serving.root);
  const { moduleName } = request;
  return mountModuleDirectory({ root: serving.root, moduleName, ...mountSettings(request, groupGid) });
}

function mountSettings(request: FileRequest, groupGid: number | undefined): AdoptedDirectoryOptions {
  const { files, gate, onLost } = request;
  return {
    files,
    gate,
    uid: process.getuid?.() ?? 0,
    gid: process.getgid?.() ?? 0,
    groupReadable: groupGid,
    onLost: () => onLost('the module directory was unmounted from outside'),
  };
}

async function serveWithoutFuse(
  serving: FileServing,
  request: FileRequest,
  groupGid: number | undefined,
  reason: MountError,
): Promise<ServedFiles<FrozenFiles>> {
  const both = pathForBoth(request.files);
  if (both !== undefined) {
    const text = `${reason.message} Without FUSE files are FIFOs, and a FIFO cannot be both read and written, as the procfs path "${both}" is. ${REMEDIES}`;
    throw new MountError(reason.code, text, { cause: reason });
  }
  const directory = await serveAsFifos(serving, request, groupGid);
  request.warn(`${reason.message} So the files are FIFOs, in ${directory.path}. ${REMEDIES}`);
  return directory;
}

async function serveAsFifos(
  serving: FileServing,
  request: FileRequest,
  groupGid: number | undefined,
): Promise<ServedFiles<FrozenFiles>> {
  const { serveFifos } = await import('../../fifo/serve-fifos.ts');
  return serveFifos({ root: serving.fifoRoot, ...fifoSettings(request, groupGid) });
}

function fifoSettings(request: FileRequest, groupGid: number | undefined): FifoSettings {
  return { ...request, groupGid };
}
