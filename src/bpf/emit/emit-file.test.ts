import { closeSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CELLS, WELL_KNOWN_MAPS } from '../../module/kernel-part.ts';
import type { FormatPart } from '../../module/format.ts';
import { compileFormat } from '../../runtime/format.ts';
import { runningKernel } from '../../symbols/running-kernel.ts';
import type { FileSource, LongExpression } from '../ir.ts';
import { BPF_COMMAND, newAttributes } from '../loader/attributes.ts';
import { attachIterator } from '../loader/links.ts';
import { hasEbpf } from '../loader/testing/ebpf-access.ts';
import type { EmitContext } from './emit-context.ts';
import { emitFileProgram } from './emit-file.ts';
import { mapShapes, ProgramBench } from './testing/program-bench.ts';

const target: EmitContext = {
  architecture: process.arch === 'arm64' ? 'arm64' : 'x86_64',
  maps: mapShapes(),
  globals: [],
  maxStringLength: 512,
};
const FIRST_CELL = 512;
const local = (slot: number): LongExpression => ({ kind: 'local', slot });
const text = (content: string): FormatPart => ({ kind: 'text', text: content });

function conversion(
  letter: Extract<FormatPart, { kind: 'conversion' }>['conversion'],
  flag: Extract<FormatPart, { kind: 'conversion' }>['flag'] = '',
  width?: number,
): FormatPart {
  return { kind: 'conversion', conversion: letter, flag, width, precision: undefined };
}

describe.runIf(hasEbpf())('texts of iterators in the kernel', () => {
  let bench: ProgramBench;
  const btfId = runningKernel().functionFacts('bpf_iter_bpf_map_elem')?.btfId ?? 0;
  beforeAll(() => {
    bench = new ProgramBench();
  });
  afterAll(() => {
    bench.close();
  });

  /** What somebody reads who opens the file. */
  function textOf(source: Omit<FileSource, 'probe' | 'cells'>, values: readonly bigint[]): string {
    values.forEach((value, index) => bench.cells.setBigInt64(FIRST_CELL + index * 8, value, true));
    const cells = values.map((_, index) => FIRST_CELL + index * 8);
    const code = emitFileProgram({ probe: 1, cells, ...source }, target);
    const program = bench.load({ name: 'file', type: 'iterator', btfId, ...code });
    const link = attachIterator(bench.calls, program, bench.map(WELL_KNOWN_MAPS.cells).fd, 'a test');
    const attributes = newAttributes();
    attributes.writeInt32LE(link.fd, 0);
    const fd = bench.calls.bpf(BPF_COMMAND.iteratorCreate, attributes);
    const content = readFileSync(fd, 'latin1');
    closeSync(fd);
    link.close();
    return content;
  }

  const VALUES = [0n, 1n, -1n, 43n, -98_765n, 2n ** 63n - 1n, -(2n ** 63n)];

  test.each(['d', 'i', 'u', 'x', 'X'] as const)('the conversion %s is what printf prints', (letter) => {
    const flags =
      letter === 'd' || letter === 'i' ? (['', '0', '-', '+', ' '] as const) : (['', '0', '-'] as const);
    const parts = flags.flatMap((flag) => [
      conversion(letter, flag),
      text(' '),
      conversion(letter, flag, 7),
      text('|'),
    ]);
    for (const value of VALUES) {
      const content = textOf(
        { parts, arguments: parts.filter(({ kind }) => kind === 'conversion').map(() => local(0)) },
        [value],
      );
      const number = value >= -(2n ** 53n) && value <= 2n ** 53n ? Number(value) : value;
      const wanted = compileFormat(parts)(
        ...parts.filter(({ kind }) => kind === 'conversion').map(() => number),
      );
      expect(content).toBe(wanted);
    }
  });

  test('text is text, of whatever bytes', () => {
    const content = `100% done\t${'long '.repeat(80)}\xc3\xa4\x01\x1b end %d\n`;
    expect(textOf({ parts: [text(content)], arguments: [] }, [])).toBe(content);
    expect(textOf({ parts: [], arguments: [] }, [])).toBe('');
  });

  test('operations, and a hit for each text', () => {
    const before = bench.cells.getBigUint64(CELLS.hits + 8, true);
    const sum: LongExpression = { kind: 'binary', operator: '+', left: local(0), right: local(1) };
    const quotient: LongExpression = {
      kind: 'binary',
      operator: '/',
      left: local(1),
      right: { kind: 'constant', value: 1000 },
    };
    const parts = [conversion('d'), text(' '), conversion('d'), text('\n')];
    expect(textOf({ parts, arguments: [sum, quotient] }, [-5n, 12_345n])).toBe('12340 12\n');
    expect(bench.cells.getBigUint64(CELLS.hits + 8, true)).toBe(before + 1n);
  });
});
