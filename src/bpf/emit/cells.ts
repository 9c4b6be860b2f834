import { CELLS, WELL_KNOWN_MAPS } from '../../module/kernel-part.ts';
import type { Assembler } from '../assembler.ts';
import type { Register } from '../registers.ts';
import type { Emission } from './emission.ts';

/** destination = the 64-bit cell at `offset`. */
export function writeCellLoad(assembler: Assembler, destination: Register, offset: number): void {
  assembler.mapValue(destination, WELL_KNOWN_MAPS.cells, offset);
  assembler.load(8, destination, destination, 0);
}

/** Adds 1 to a counter in the cells; r1 and r2 are lost. */
export function writeCount(assembler: Assembler, offset: number): void {
  assembler.mapValue('r1', WELL_KNOWN_MAPS.cells, offset);
  writeIncrement(assembler);
}

/** Counts a run of the probe's handler; r1 and r2 are lost. */
export function writeHit({ assembler, probe }: Pick<Emission, 'assembler' | 'probe'>): void {
  if (probe.kind === 'constant') {
    writeCount(assembler, CELLS.hits + probe.index * 8);
    return;
  }
  assembler.load(8, 'r2', 'r10', probe.offset);
  assembler.alu('<<=', 'r2', 3);
  assembler.mapValue('r1', WELL_KNOWN_MAPS.cells, CELLS.hits);
  assembler.alu('+=', 'r1', 'r2');
  writeIncrement(assembler);
}

function writeIncrement(assembler: Assembler): void {
  assembler.alu('=', 'r2', 1);
  assembler.atomic('add', 8, 'r1', 0, 'r2');
}
