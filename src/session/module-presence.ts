import {
  adoptClaim,
  claimModule,
  ModuleExistsError,
  type ClaimTransfer,
  type EntryPatch,
  type ModuleClaim,
} from '../registry/module-claim.ts';
import type { ModuleEntry } from '../registry/module-entry.ts';
import { MountError } from '../fuse/mount-error.ts';
import type { RunSetup } from './run-setup.ts';

/** How a name was claimed: undefined when it was, otherwise what to tell the user, line by line. */
export type ClaimProblem = { readonly lines: readonly string[] } | undefined;

/**
 * What other processes see of a running module: its entry in the registry, from before the begin probes until after the
 * end probes.
 */
export class ModulePresence {
  readonly #setup: RunSetup;
  #claim: ModuleClaim | undefined;
  /** What would be published, for a module that could not be registered. */
  #entry: ModuleEntry | undefined;

  constructor(setup: RunSetup) {
    this.#setup = setup;
  }

  /** The claim in the registry; undefined: the module runs unregistered. */
  get claim(): ModuleClaim | undefined {
    return this.#claim;
  }

  /** The entry as published, or as it would be. */
  get entry(): ModuleEntry {
    this.#entry ??= {
      formatVersion: 1,
      name: this.#setup.engineOptions.moduleName,
      state: 'starting',
      pid: process.pid,
      startTicks: '0',
      uid: process.getuid?.() ?? 0,
      startedAtMs: Date.now(),
      script: this.#setup.script,
      directory: undefined,
      files: [],
    };
    return this.#claim?.entry ?? this.#entry;
  }

  /** Takes the name. A module without files runs unregistered where there is no place for the registry. */
  enter(hasFiles: boolean): ClaimProblem {
    const { engineOptions, insertedAs, script, serving } = this.#setup;
    try {
      this.#claim = claimModule(serving.root, { name: engineOptions.moduleName, script });
      return undefined;
    } catch (error) {
      if (error instanceof ModuleExistsError) {
        return {
          lines: [
            `Couldn't insert module '${insertedAs}': File exists`,
            "Rerun with staprun option '-R' to rename this module.",
          ],
        };
      }
      if (!(error instanceof MountError)) throw error;
      return hasFiles ? { lines: [error.message] } : undefined;
    }
  }

  /** Takes over what another process had. */
  adopt(transfer: ClaimTransfer | undefined): void {
    if (transfer !== undefined) this.#claim = adoptClaim(transfer);
  }

  update(patch: EntryPatch): void {
    this.#entry = { ...this.entry, ...patch };
    this.#claim?.update(patch);
  }

  /** Nothing is left to see. */
  leave(): void {
    this.#claim?.release();
  }
}
