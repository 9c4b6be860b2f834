import type { FaultRound } from './fault-round.ts';

/**
 * One way in which things go wrong. `run` starts scripts and clients, breaks something and throws when what it sees is
 * wrong. That nothing is left, nobody is stuck and no acknowledged write is lost is checked after it, for every case.
 */
export interface FaultCase {
  readonly name: string;
  readonly run: (round: FaultRound) => Promise<void>;
  /** How often it is chosen among the others; 1 unless given. */
  readonly weight?: number;
  /** It takes long or loads the whole machine: runs once, and no other round beside it. */
  readonly once?: true;
  /** It changes users or mounts. */
  readonly needsRoot?: true;
}
