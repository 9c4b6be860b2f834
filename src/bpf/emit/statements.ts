import { RECORD_KIND } from '../../module/event-record.ts';
import { WELL_KNOWN_MAPS } from '../../module/kernel-part.ts';
import type { Label } from '../assembler.ts';
import type { KernelStatement } from '../ir.ts';
import { WORK_REGISTERS } from './emission.ts';
import type { Emission } from './emission.ts';
import { writeAddElement, writeDeleteElement, writeSetElement } from './elements.ts';
import { writeExit, writeMessage } from './messages.ts';
import { writeAggregate } from './statistics.ts';
import { UnwritableProgramError } from './unwritable-program-error.ts';

/** Instructions that the verifier may have to look at for loops, each round again; its own limit is a million. */
const MOST_LOOP_INSTRUCTIONS = 400_000;

/** The loop that statements are in. */
interface Loop {
  readonly breaks: Label;
  readonly continues: Label;
  /** How often all loops around can go round. */
  readonly rounds: number;
}

/** Writes statements one after the other. */
export function writeStatements(
  emission: Emission,
  statements: readonly KernelStatement[],
  loop?: Loop,
): void {
  for (const statement of statements) {
    emission.assembler.place(statement.place);
    writeStatement(emission, statement, loop);
  }
}

function writeStatement(emission: Emission, statement: KernelStatement, loop: Loop | undefined): void {
  const { assembler } = emission;
  switch (statement.kind) {
    case 'set-local':
      emission.long(statement.value, 'r0', WORK_REGISTERS);
      emission.storeLocal(statement.slot, 'r0');
      return;
    case 'set-local-string':
      emission.text(statement.value, emission.stringLocal(statement.slot), false);
      return;
    case 'set-cell':
      emission.long(statement.value, 'r0', WORK_REGISTERS);
      assembler.mapValue('r1', WELL_KNOWN_MAPS.cells, statement.offset);
      assembler.store(8, 'r1', 0, 'r0');
      return;
    case 'add-cell':
      emission.long(statement.amount, 'r0', WORK_REGISTERS);
      assembler.mapValue('r1', WELL_KNOWN_MAPS.cells, statement.offset);
      assembler.atomic('add', 8, 'r1', 0, 'r0');
      return;
    case 'set-element':
      writeSetElement(emission, statement);
      return;
    case 'add-element':
      writeAddElement(emission, statement);
      return;
    case 'delete-element':
      writeDeleteElement(emission, statement);
      return;
    case 'aggregate':
      writeAggregate(emission, statement);
      return;
    case 'evaluate':
      emission.long(statement.value, 'r0', WORK_REGISTERS);
      return;
    case 'if': {
      const otherwise = assembler.newLabel('else');
      const done = assembler.newLabel('end of if');
      emission.jumpWhen(statement.condition, false, otherwise);
      writeStatements(emission, statement.then, loop);
      if (statement.else.length > 0) assembler.jump(done);
      assembler.bind(otherwise);
      writeStatements(emission, statement.else, loop);
      assembler.bind(done);
      return;
    }
    case 'loop':
      writeLoop(emission, statement, loop);
      return;
    case 'break':
      if (loop !== undefined) assembler.jump(loop.breaks);
      return;
    case 'continue':
      if (loop !== undefined) assembler.jump(loop.continues);
      return;
    case 'next':
      assembler.jump(emission.end);
      return;
    case 'print':
      writeMessage(emission, RECORD_KIND.print, statement.print, statement.arguments);
      return;
    case 'exit':
      writeExit(emission);
      return;
    case 'fail':
      writeMessage(emission, RECORD_KIND.error, statement.error, statement.arguments);
      assembler.jump(emission.end);
  }
}

function writeLoop(
  emission: Emission,
  { condition, body, step, limit, onLimit }: Extract<KernelStatement, { kind: 'loop' }>,
  outer: Loop | undefined,
): void {
  const { assembler, frame } = emission;
  const rounds = limit * (outer?.rounds ?? 1);
  const head = assembler.newLabel('loop');
  const inner = { breaks: assembler.newLabel('break'), continues: assembler.newLabel('continue'), rounds };
  frame.scoped(8, (counter) => {
    assembler.store(8, 'r10', counter, 0);
    const before = assembler.length;
    assembler.bind(head);
    emission.jumpWhen(condition, false, inner.breaks);
    assembler.load(8, 'r0', 'r10', counter);
    assembler.jumpIf('>=', 'r0', limit, emission.error(onLimit));
    assembler.alu('+=', 'r0', 1);
    assembler.store(8, 'r10', counter, 'r0');
    writeStatements(emission, body, inner);
    assembler.bind(inner.continues);
    writeStatements(emission, step, inner);
    assembler.jump(head);
    if ((assembler.length - before) * rounds > MOST_LOOP_INSTRUCTIONS)
      throw new UnwritableProgramError('its loops may take too many rounds');
  });
  assembler.bind(inner.breaks);
}
