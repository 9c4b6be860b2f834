import type { ProbePoint } from '../ast/declaration.ts';
import { BugError } from '../diagnostic/bug-error.ts';
import type { ProbeEvent, UserProbeEvent } from '../module/probe-event.ts';
import type { ProbedFile } from './user-files.ts';

/**
 * What a family found out while it matched a point, for when the same point is built and its handler expanded:
 * several instructions share the text of their points, and files are looked through once.
 */
export class UserPlaces<Place> {
  readonly #events = new WeakMap<ProbePoint, UserProbeEvent>();
  readonly #places = new WeakMap<ProbeEvent, Place>();

  /** Returns the point. */
  remember(point: ProbePoint, event: UserProbeEvent, place: Place): ProbePoint {
    this.#events.set(point, event);
    this.#places.set(event, place);
    return point;
  }

  /** The event of a point that was remembered. */
  event(point: ProbePoint): UserProbeEvent {
    return this.#events.get(point) ?? notMatched();
  }

  place(event: ProbeEvent): Place {
    return this.#places.get(event) ?? notMatched();
  }
}

function notMatched(): never {
  throw new BugError('a point is built that its family has not matched');
}

/** The parts of an event that the file tells. */
export function eventOfFile({ file, pid }: ProbedFile): Pick<UserProbeEvent, 'path' | 'buildId' | 'pid'> {
  return {
    path: file.path,
    ...(file.buildId !== undefined && { buildId: file.buildId }),
    ...(pid !== undefined && { pid }),
  };
}
