import { clientsInTheMiddle } from './cases/clients-in-the-middle.ts';
import { descriptors } from './cases/descriptors.ts';
import { detached } from './cases/detached.ts';
import { fifos } from './cases/fifos.ts';
import { handlers } from './cases/handlers.ts';
import { manyModules } from './cases/many-modules.ts';
import { outputs } from './cases/outputs.ts';
import { ownerKilled } from './cases/owner-killed.ts';
import { signals } from './cases/signals.ts';
import { users } from './cases/users.ts';
import type { FaultCase } from './fault-case.ts';

/** Every case; add yours to one of the lists. */
export const allCases: readonly FaultCase[] = [
  ...ownerKilled,
  ...clientsInTheMiddle,
  ...outputs,
  ...handlers,
  ...signals,
  ...descriptors,
  ...manyModules,
  ...detached,
  ...fifos,
  ...users,
];
