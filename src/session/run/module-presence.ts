import type { ControlServer } from '../../control/control-server.ts';
import type { ModuleControl } from '../../control/module-control.ts';
import { MountError } from '../../fuse/mount-error.ts';
import { resolveSafeDirectory } from '../../fuse/safe-directory.ts';
import type { SupervisedThings, Supervisor } from '../../fuse/supervisor.ts';
import {
  adoptClaim,
  claimModule,
  ModuleExistsError,
  type ClaimTransfer,
  type EntryPatch,
  type ModuleClaim,
} from '../../registry/module-claim.ts';
import { CONTROL_SOCKET, ENTRY_FILE, moduleHome, type ModuleEntry } from '../../registry/module-entry.ts';
import { newControlSocket, newEntryFile } from '../../registry/module-home.ts';
import { sweepModules } from '../../registry/module-list.ts';
import { thisProcess } from '../../registry/owner-process.ts';
import { readEntry } from '../../registry/read-entry.ts';
import type { RunSetup } from './run-setup.ts';

/**
 * What other processes see of a running module: its entry in the registry, from before the begin probes until after the
 * end probes, its control socket, and the supervisor that removes both should this process be killed.
 */
export class ModulePresence {
  readonly #setup: RunSetup;
  #claim: ModuleClaim | undefined;
  #supervisor: Supervisor | undefined;
  #server: Promise<ControlServer | undefined> | undefined;
  /** What is, or for a module that could not be registered would be, published. */
  #entry: ModuleEntry;
  #left = false;

  constructor(setup: RunSetup) {
    this.#setup = setup;
    this.#entry = {
      formatVersion: 1,
      name: setup.engineOptions.moduleName,
      state: 'starting',
      ...thisProcess(),
      uid: process.getuid?.() ?? 0,
      startedAtMs: Date.now(),
      script: setup.script,
      directory: undefined,
      files: [],
    };
  }

  /** The entry as published. */
  get entry(): ModuleEntry {
    return this.#claim?.entry ?? this.#entry;
  }

  /** Whether other processes can find the module: it is registered, and nobody removed that by hand. */
  canBeFound(): boolean {
    if (this.#claim === undefined) return false;
    const { home, entry } = this.#claim;
    const found = readEntry(home, entry.name)?.entry;
    return found?.pid === entry.pid && found.startTicks === entry.startTicks;
  }

  /** The supervisor's pipe, for a process that takes the module over. */
  get supervisorPipe(): Supervisor['pipe'] {
    return this.#supervisor?.pipe;
  }

  /**
   * Takes the name. Returns what to tell the user, line by line, when that is not possible; a module that nobody has to
   * find, because it has neither files nor a life without terminal, runs unregistered where there is no place for the
   * registry.
   */
  async enter(hasFiles: boolean, mustBeFound: boolean): Promise<readonly string[]> {
    const { engineOptions, insertedAs, script, serving } = this.#setup;
    try {
      if (hasFiles) await this.#superviseFiles();
      this.#claim = claimModule(serving.root, { name: engineOptions.moduleName, script });
      sweepModules(serving.root);
      return [];
    } catch (error) {
      this.#supervisor?.dismiss();
      this.#supervisor = undefined;
      if (error instanceof ModuleExistsError) {
        return [
          `Couldn't insert module '${insertedAs}': File exists`,
          "Rerun with staprun option '-R' to rename this module.",
        ];
      }
      if (!(error instanceof MountError)) throw error;
      return mustBeFound ? [error.message] : [];
    }
  }

  /** Starts the supervisor of a module without files, when it turns out to stay. Another script may give it files yet. */
  async supervise(): Promise<void> {
    const claim = this.#claim;
    if (claim === undefined || this.#supervisor !== undefined) return;
    await this.#startSupervisor({ mountPoint: `${claim.root}/${claim.entry.name}`, ...claim.remains });
  }

  /** Before anything is created: whatever moment this process is killed at, nothing is left. */
  async #superviseFiles(): Promise<void> {
    const { serving, engineOptions } = this.#setup;
    const { path, missing } = resolveSafeDirectory(serving.root);
    const home = moduleHome(path, engineOptions.moduleName);
    const names = [CONTROL_SOCKET, newControlSocket(process.pid), newEntryFile(process.pid), ENTRY_FILE];
    await this.#startSupervisor({
      mountPoint: `${path}/${engineOptions.moduleName}`,
      files: names.map((name) => `${home}/${name}`),
      directories: [home, ...missing],
    });
    // Starting a process takes more descriptors than mounting: after that there are enough for the unmount, too.
    if (this.#supervisor !== undefined && this.#supervisor.pipe === undefined) {
      throw new MountError(
        'TOO_FEW_DESCRIPTORS',
        'Too few file descriptors are left for the files of procfs probes: raise their number with "ulimit -n".',
      );
    }
  }

  /** Loads what starts processes, which modules that end at once do not need. */
  async #startSupervisor(things: SupervisedThings): Promise<void> {
    const { startSupervisor } = await import('../../fuse/supervisor.ts');
    if (!this.#isLeft()) this.#supervisor = startSupervisor(things);
  }

  update(patch: EntryPatch): void {
    this.#entry = { ...this.#entry, ...patch };
    this.#claim?.update(patch);
  }

  /** Lets other processes ask the module. Settles when they can; a module that cannot have a socket goes on without. */
  async openControl(control: ModuleControl): Promise<void> {
    const claim = this.#claim;
    if (claim === undefined || this.#left) return;
    this.#server = import('../../control/control-server.ts').then(({ startControlServer }) =>
      startControlServer(claim.controlSocket, control).catch(() => undefined),
    );
    await this.#server;
  }

  /** What another process needs to adopt it. This process keeps it until `giveUp`. */
  transfer(): ClaimTransfer | undefined {
    return this.#claim?.transfer();
  }

  /** Takes over what another process transferred, with its supervisor. */
  async adopt(transfer: ClaimTransfer | undefined, supervisorFd: number): Promise<void> {
    if (transfer === undefined) return;
    this.#claim = adoptClaim(transfer);
    const { adoptSupervisor } = await import('../../fuse/supervisor.ts');
    this.#supervisor = adoptSupervisor(supervisorFd);
  }

  #isLeft(): boolean {
    return this.#left;
  }

  /** The process that had adopted it has died: the entry names this one again. */
  takeBack(): void {
    this.#claim?.takeBack();
  }

  /** Another process has adopted it. */
  async giveUp(): Promise<void> {
    this.#left = true;
    this.#claim?.giveUp();
    this.#supervisor?.abandon();
    await (await this.#server)?.close();
  }

  /** Nothing is left to see. */
  async leave(): Promise<void> {
    if (this.#left) return;
    this.#left = true;
    if (this.#server !== undefined) await (await this.#server)?.close();
    this.#claim?.release();
    this.#supervisor?.dismiss();
  }

  /** For a process that exits now, in disorder: the supervisor removes all there is, the mount first. */
  drop(): void {
    if (this.#supervisor === undefined) this.#claim?.release();
  }
}
