import { CELLS } from '../../module/kernel-part.ts';
import type { FormatPart } from '../../module/format.ts';
import { Assembler } from '../assembler.ts';
import type { FileSource, LongExpression } from '../ir.ts';
import { writeCellLoad, writeCount } from './cells.ts';
import { connectEmission } from './connect-emission.ts';
import type { EmitContext, EmittedCode } from './emit-context.ts';
import { addressOf, CONTEXT, WORK_REGISTERS, type Emission } from './emission.ts';
import { Frame, ScratchRoom } from './room.ts';
import { UnwritableProgramError } from './unwritable-program-error.ts';

/** struct bpf_iter__bpf_map_elem, struct bpf_iter_meta. */
const ITERATION = { meta: 0, value: 24, sequence: 0 } as const;
/** Most arguments of bpf_seq_printf (MAX_BPRINTF_VARARGS). */
const MOST_ARGUMENTS = 12;
/** Text that lies on the stack at one time. */
const MOST_TEXT_BYTES = 128;

/** What one call of the kernel writes: a format with its arguments, or bytes as they are. */
type Output =
  | { readonly kind: 'format'; text: string; readonly arguments: LongExpression[] }
  | { readonly kind: 'bytes'; readonly text: string };

/**
 * The program of type `iterator` over the map `cells` that writes the text of a file: whoever opens the file gets the text
 * of that moment. Throws `UnwritableProgramError` when it is beyond the limits of eBPF.
 */
export function emitFileProgram(source: FileSource, target: EmitContext): EmittedCode {
  const assembler = new Assembler();
  const end = assembler.newLabel('end');
  // The iterator comes once with the element, and once without one at the end.
  assembler.load(8, 'r2', 'r1', ITERATION.value);
  assembler.jumpIf('==', 'r2', 0, end);
  assembler.load(8, CONTEXT, 'r1', ITERATION.meta);
  assembler.load(8, CONTEXT, CONTEXT, ITERATION.sequence);
  writeCount(assembler, CELLS.hits + source.probe * 8);
  const frame = new Frame();
  const slots = source.cells.map((offset) => {
    const slot = frame.allocate(8);
    writeCellLoad(assembler, 'r1', offset);
    assembler.store(8, 'r10', slot, 'r1');
    return slot;
  });
  const emission = fileEmission(assembler, frame, source.probe, slots, target);
  for (const output of outputsOf(source)) writeOutput(emission, output);
  assembler.bind(end);
  assembler.alu('=', 'r0', 0);
  assembler.exit();
  const { code, relocations, places } = assembler.finish();
  return { code: Buffer.from(code).toString('base64'), relocations, places };
}

function fileEmission(
  assembler: Assembler,
  frame: Frame,
  probe: number,
  slots: readonly number[],
  target: EmitContext,
): Emission {
  const refuse = (what: string): never => {
    throw new UnwritableProgramError(`a file has no ${what}`);
  };
  const core = {
    ...{ assembler, frame, scratch: new ScratchRoom(), target, syscallFrame: undefined },
    context: 'tracepoint' as const,
    probe: { kind: 'constant' as const, index: probe },
  };
  return connectEmission(core, {
    end: assembler.newLabel('unused'),
    error: () => refuse('errors'),
    errorArgument: () => refuse('errors'),
    loadLocal: (slot, destination) => {
      assembler.load(8, destination, 'r10', slots[slot] ?? refuse('such local'));
    },
    storeLocal: () => refuse('assignments'),
    stringLocal: () => refuse('texts'),
  });
}

function writeOutput(emission: Emission, output: Output): void {
  const { assembler, frame } = emission;
  const values = output.kind === 'format' ? output.arguments : [];
  frame.scoped(Math.max(values.length, 1) * 8, (first) => {
    values.forEach((value, index) => {
      emission.long(value, 'r0', WORK_REGISTERS);
      assembler.store(8, 'r10', first + index * 8, 'r0');
    });
    const bytes = Buffer.from(output.kind === 'format' ? `${output.text}\0` : output.text, 'latin1');
    frame.scoped(bytes.length, (text) => {
      writeBytes(assembler, text, bytes);
      assembler.alu('=', 'r1', CONTEXT);
      addressOf(assembler, 'r2', 'r10', text);
      assembler.alu('=', 'r3', bytes.length);
      if (output.kind === 'bytes') {
        assembler.call('seq_write');
        return;
      }
      if (values.length === 0) assembler.alu('=', 'r4', 0);
      else addressOf(assembler, 'r4', 'r10', first);
      assembler.alu('=', 'r5', values.length * 8);
      assembler.call('seq_printf');
    });
  });
}

function writeBytes(assembler: Assembler, offset: number, bytes: Buffer): void {
  const padded = Buffer.alloc(Math.ceil(bytes.length / 4) * 4);
  bytes.copy(padded);
  for (let at = 0; at < padded.length; at += 4)
    assembler.store(4, 'r10', offset + at, padded.readInt32LE(at));
}

/** Parts put together as far as a call may take them. */
function outputsOf({ parts, arguments: values }: FileSource): readonly Output[] {
  const outputs: Output[] = [];
  let next = 0;
  const format = (text: string, value?: LongExpression): void => {
    let last = outputs.at(-1);
    const isFull = (open: Output): boolean =>
      open.text.length + text.length > MOST_TEXT_BYTES ||
      (open.kind === 'format' && open.arguments.length === MOST_ARGUMENTS);
    if (last?.kind !== 'format' || isFull(last))
      outputs.push((last = { kind: 'format', text: '', arguments: [] }));
    last.text += text;
    if (value !== undefined) last.arguments.push(value);
  };
  for (const part of parts) {
    if (part.kind === 'conversion') {
      const value = values[next++];
      if (value === undefined) throw new RangeError('a conversion has no argument');
      format(conversionText(part), value);
      continue;
    }
    // What the kernel's formats may not have is written as it is.
    for (const piece of part.text.match(/[\t-\r -~]{1,60}|[^\t-\r -~]{1,60}/g) ?? []) {
      if (/^[\t-\r -~]/.test(piece)) format(piece.replaceAll('%', '%%'));
      else outputs.push({ kind: 'bytes', text: piece });
    }
  }
  return outputs;
}

function conversionText({ conversion, flag, width }: Extract<FormatPart, { kind: 'conversion' }>): string {
  return `%${flag}${width ?? ''}ll${conversion}`;
}
