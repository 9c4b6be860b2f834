import { writeComposite } from './composite.ts';
import { writeLookup } from './element-key.ts';
import type { Emission, EmissionCore, EmissionScope } from './emission.ts';
import { writeJumpWhen, writeLong } from './long-expression.ts';
import { writeText } from './text-expression.ts';

/** Everything that a part of a program is written with: expressions of each kind hold others of every kind. */
export function connectEmission(core: EmissionCore, scope: EmissionScope): Emission {
  const emission: Emission = {
    ...core,
    ...scope,
    long: (...expression) => {
      writeLong(emission, ...expression);
    },
    jumpWhen: (...condition) => {
      writeJumpWhen(emission, ...condition);
    },
    composite: (expression) => {
      writeComposite(emission, expression);
    },
    text: (...text) => {
      writeText(emission, ...text);
    },
    lookup: (...element) => {
      writeLookup(emission, ...element);
    },
  };
  return emission;
}
