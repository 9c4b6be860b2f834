import { describe, expect, it } from 'vitest';
import { fromBigInt } from '../int64/int64.ts';
import type { HistogramShape } from '../module/histogram-shape.ts';
import { formatHistogram } from './histogram.ts';
import type { HistogramStyle } from './histogram.ts';
import { Statistic } from './statistic.ts';

const STYLE: HistogramStyle = { width: 50, elision: 2 };
const LOG: HistogramShape = { kind: 'log' };

function linear(low: number, high: number, width: number): HistogramShape {
  return { kind: 'linear', low, high, width };
}

function range<T>(count: number, value: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => value(index));
}

interface Case {
  readonly name: string;
  readonly shape: HistogramShape;
  readonly values: readonly (number | bigint)[];
  readonly style: HistogramStyle;
  readonly text: string;
}

const cases: readonly Case[] = [
  {
    name: '1 to 10',
    shape: LOG,
    values: range(10, (i) => i + 1),
    style: STYLE,
    text: `
value |-------------------------------------------------- count
    0 |                                                   0
    1 |@                                                  1
    2 |@@                                                 2
    4 |@@@@                                               4
    8 |@@@                                                3
   16 |                                                   0
   32 |                                                   0
`,
  },
  {
    name: '1 to 10, linear',
    shape: linear(0, 20, 2),
    values: range(10, (i) => i + 1),
    style: STYLE,
    text: `
value |-------------------------------------------------- count
    0 |@                                                  1
    2 |@@                                                 2
    4 |@@                                                 2
    6 |@@                                                 2
    8 |@@                                                 2
   10 |@                                                  1
   12 |                                                   0
   14 |                                                   0
`,
  },
  {
    name: 'zero',
    shape: LOG,
    values: [0],
    style: STYLE,
    text: `
value |-------------------------------------------------- count
    0 |@                                                  1
    1 |                                                   0
    2 |                                                   0
`,
  },
  {
    name: 'both signs',
    shape: LOG,
    values: [-3, 0, 3, 1000000],
    style: STYLE,
    text: `
  value |-------------------------------------------------- count
     -8 |                                                   0
     -4 |                                                   0
     -2 |@                                                  1
     -1 |                                                   0
      0 |@                                                  1
      1 |                                                   0
      2 |@                                                  1
      4 |                                                   0
      8 |                                                   0
        ~
 131072 |                                                   0
 262144 |                                                   0
 524288 |@                                                  1
1048576 |                                                   0
2097152 |                                                   0
`,
  },
  {
    name: 'overflow row',
    shape: linear(0, 5, 1),
    values: range(200, (i) => i % 7),
    style: STYLE,
    text: `
value |-------------------------------------------------- count
    0 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@                      29
    1 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@                      29
    2 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@                      29
    3 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@                      29
    4 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@                       28
    5 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@                       28
   >5 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@                       28
`,
  },
  {
    name: 'overflow row after skipped ones',
    shape: linear(0, 100, 10),
    values: [1000000, 5],
    style: STYLE,
    text: `
value |-------------------------------------------------- count
    0 |@                                                  1
   10 |                                                   0
   20 |                                                   0
      ~
   90 |                                                   0
  100 |                                                   0
 >100 |@                                                  1
`,
  },
  {
    name: 'long bars',
    shape: LOG,
    values: range(300, () => 4),
    style: STYLE,
    text: `
value |-------------------------------------------------- count
    1 |                                                     0
    2 |                                                     0
    4 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@ 300
    8 |                                                     0
   16 |                                                     0
`,
  },
  {
    name: 'all positive powers of two',
    shape: LOG,
    values: range(64, (i) => BigInt.asIntN(64, 1n << BigInt(i))),
    style: STYLE,
    text: `
               value |-------------------------------------------------- count
-9223372036854775808 |@                                                  1
-4611686018427387904 |                                                   0
-2305843009213693952 |                                                   0
                     ~
                  -1 |                                                   0
                   0 |                                                   0
                   1 |@                                                  1
                   2 |@                                                  1
                   4 |@                                                  1
                   8 |@                                                  1
                  16 |@                                                  1
                  32 |@                                                  1
                  64 |@                                                  1
                 128 |@                                                  1
                 256 |@                                                  1
                 512 |@                                                  1
                1024 |@                                                  1
                2048 |@                                                  1
                4096 |@                                                  1
                8192 |@                                                  1
               16384 |@                                                  1
               32768 |@                                                  1
               65536 |@                                                  1
              131072 |@                                                  1
              262144 |@                                                  1
              524288 |@                                                  1
             1048576 |@                                                  1
             2097152 |@                                                  1
             4194304 |@                                                  1
             8388608 |@                                                  1
            16777216 |@                                                  1
            33554432 |@                                                  1
            67108864 |@                                                  1
           134217728 |@                                                  1
           268435456 |@                                                  1
           536870912 |@                                                  1
          1073741824 |@                                                  1
          2147483648 |@                                                  1
          4294967296 |@                                                  1
          8589934592 |@                                                  1
         17179869184 |@                                                  1
         34359738368 |@                                                  1
         68719476736 |@                                                  1
        137438953472 |@                                                  1
        274877906944 |@                                                  1
        549755813888 |@                                                  1
       1099511627776 |@                                                  1
       2199023255552 |@                                                  1
       4398046511104 |@                                                  1
       8796093022208 |@                                                  1
      17592186044416 |@                                                  1
      35184372088832 |@                                                  1
      70368744177664 |@                                                  1
     140737488355328 |@                                                  1
     281474976710656 |@                                                  1
     562949953421312 |@                                                  1
    1125899906842624 |@                                                  1
    2251799813685248 |@                                                  1
    4503599627370496 |@                                                  1
    9007199254740992 |@                                                  1
   18014398509481984 |@                                                  1
   36028797018963968 |@                                                  1
   72057594037927936 |@                                                  1
  144115188075855872 |@                                                  1
  288230376151711744 |@                                                  1
  576460752303423488 |@                                                  1
 1152921504606846976 |@                                                  1
 2305843009213693952 |@                                                  1
 4611686018427387904 |@                                                  1
`,
  },
  {
    name: '1 and 1024',
    shape: LOG,
    values: [1, 1024],
    style: STYLE,
    text: `
value |-------------------------------------------------- count
    0 |                                                   0
    1 |@                                                  1
    2 |                                                   0
    4 |                                                   0
      ~
  256 |                                                   0
  512 |                                                   0
 1024 |@                                                  1
 2048 |                                                   0
 4096 |                                                   0
`,
  },
  {
    name: 'a gap of five',
    shape: LOG,
    values: [1, 1024, 32],
    style: STYLE,
    text: `
value |-------------------------------------------------- count
    0 |                                                   0
    1 |@                                                  1
    2 |                                                   0
    4 |                                                   0
    8 |                                                   0
   16 |                                                   0
   32 |@                                                  1
   64 |                                                   0
  128 |                                                   0
  256 |                                                   0
  512 |                                                   0
 1024 |@                                                  1
 2048 |                                                   0
 4096 |                                                   0
`,
  },
  {
    name: 'a gap of four',
    shape: LOG,
    values: [1, 1024, 32, 64],
    style: STYLE,
    text: `
value |-------------------------------------------------- count
    0 |                                                   0
    1 |@                                                  1
    2 |                                                   0
    4 |                                                   0
    8 |                                                   0
   16 |                                                   0
   32 |@                                                  1
   64 |@                                                  1
  128 |                                                   0
  256 |                                                   0
  512 |                                                   0
 1024 |@                                                  1
 2048 |                                                   0
 4096 |                                                   0
`,
  },
  {
    name: 'ends of a linear one',
    shape: linear(0, 100, 10),
    values: [5, 95],
    style: STYLE,
    text: `
value |-------------------------------------------------- count
    0 |@                                                  1
   10 |                                                   0
   20 |                                                   0
      ~
   70 |                                                   0
   80 |                                                   0
   90 |@                                                  1
  100 |                                                   0
`,
  },
  {
    name: 'underflow and overflow',
    shape: linear(0, 100, 10),
    values: [5, 95, 100, 109, 110, 200, -1, -50],
    style: STYLE,
    text: `
value |-------------------------------------------------- count
   <0 |@@                                                 2
    0 |@                                                  1
   10 |                                                   0
   20 |                                                   0
      ~
   70 |                                                   0
   80 |                                                   0
   90 |@                                                  1
  100 |@@                                                 2
 >100 |@@                                                 2
`,
  },
  {
    name: 'negative low',
    shape: linear(-100, 100, 25),
    values: [-100, 0, 99],
    style: STYLE,
    text: `
value |-------------------------------------------------- count
 -100 |@                                                  1
  -75 |                                                   0
  -50 |                                                   0
  -25 |                                                   0
    0 |@                                                  1
   25 |                                                   0
   50 |                                                   0
   75 |@                                                  1
  100 |                                                   0
`,
  },
  {
    name: 'scaled bars',
    shape: linear(0, 30, 10),
    values: range(1000, (i) => (i % 3) * 10),
    style: STYLE,
    text: `
value |-------------------------------------------------- count
    0 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@    334
   10 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@    333
   20 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@    333
   30 |                                                     0
`,
  },
  {
    name: 'one in a hundred',
    shape: linear(0, 100, 1),
    values: [50],
    style: STYLE,
    text: `
value |-------------------------------------------------- count
   48 |                                                   0
   49 |                                                   0
   50 |@                                                  1
   51 |                                                   0
   52 |                                                   0
`,
  },
  {
    name: 'a row too small for a bar',
    shape: LOG,
    values: range(1234, (i) => (i < 1200 ? 3 : 12)),
    style: STYLE,
    text: `
value |-------------------------------------------------- count
    0 |                                                      0
    1 |                                                      0
    2 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@ 1200
    4 |                                                      0
    8 |@                                                    34
   16 |                                                      0
   32 |                                                      0
`,
  },
  {
    name: 'every empty row left out',
    shape: LOG,
    values: [1, 4096],
    style: { width: 50, elision: 0 },
    text: `
value |-------------------------------------------------- count
      ~
    1 |@                                                  1
      ~
 4096 |@                                                  1
`,
  },
  {
    name: 'every empty row left out, linear',
    shape: linear(0, 100, 5),
    values: [5, 95],
    style: { width: 50, elision: 0 },
    text: `
value |-------------------------------------------------- count
      ~
    5 |@                                                  1
      ~
   95 |@                                                  1
`,
  },
  {
    name: 'no row left out',
    shape: LOG,
    values: [1, 4096, ...range(100, () => 9)],
    style: { width: 20, elision: -1 },
    text: `
value |-------------------- count
    0 |                       0
    1 |                       1
    2 |                       0
    4 |                       0
    8 |@@@@@@@@@@@@@@@@@@@@ 100
   16 |                       0
   32 |                       0
   64 |                       0
  128 |                       0
  256 |                       0
  512 |                       0
 1024 |                       0
 2048 |                       0
 4096 |                       1
 8192 |                       0
16384 |                       0
`,
  },
  {
    name: 'no row left out, linear',
    shape: linear(0, 100, 5),
    values: [5, 95],
    style: { width: 20, elision: -1 },
    text: `
value |-------------------- count
    0 |                     0
    5 |@                    1
   10 |                     0
   15 |                     0
   20 |                     0
   25 |                     0
   30 |                     0
   35 |                     0
   40 |                     0
   45 |                     0
   50 |                     0
   55 |                     0
   60 |                     0
   65 |                     0
   70 |                     0
   75 |                     0
   80 |                     0
   85 |                     0
   90 |                     0
   95 |@                    1
  100 |                     0
`,
  },
  {
    name: 'around zero',
    shape: linear(-10, 10, 5),
    values: range(17, (i) => i * 3 - 20),
    style: STYLE,
    text: `
value |-------------------------------------------------- count
 <-10 |@@@@                                               4
  -10 |@                                                  1
   -5 |@@                                                 2
    0 |@@                                                 2
    5 |@                                                  1
   10 |@@                                                 2
  >10 |@@@@@                                              5
`,
  },
  {
    name: 'only the end rows',
    shape: linear(-5, 5, 1),
    values: [1000000000, -1000000000],
    style: STYLE,
    text: `
value |-------------------------------------------------- count
  <-5 |@                                                  1
   -5 |                                                   0
   -4 |                                                   0
      ~
    4 |                                                   0
    5 |                                                   0
   >5 |@                                                  1
`,
  },
  {
    name: 'uneven width',
    shape: linear(0, 10, 3),
    values: [3],
    style: STYLE,
    text: `
value |-------------------------------------------------- count
    0 |                                                   0
    3 |@                                                  1
    6 |                                                   0
    9 |                                                   0
`,
  },
  {
    name: 'uneven width, overflow',
    shape: linear(0, 10, 3),
    values: [3, 9, 10, 11, 12],
    style: STYLE,
    text: `
value |-------------------------------------------------- count
    0 |                                                   0
    3 |@                                                  1
    6 |                                                   0
    9 |@@@                                                3
   >9 |@                                                  1
`,
  },
  {
    name: 'label column one too wide',
    shape: linear(0, 1000000, 100000),
    values: [0],
    style: STYLE,
    text: `
 value |-------------------------------------------------- count
     0 |@                                                  1
100000 |                                                   0
200000 |                                                   0
`,
  },
  {
    name: 'wide labels',
    shape: linear(0, 1000000, 100000),
    values: [0, 1000000],
    style: STYLE,
    text: `
  value |-------------------------------------------------- count
      0 |@                                                  1
 100000 |                                                   0
 200000 |                                                   0
        ~
 800000 |                                                   0
 900000 |                                                   0
1000000 |@                                                  1
`,
  },
  {
    name: 'hundreds',
    shape: linear(0, 10, 1),
    values: [...range(1000, (i) => Math.floor(i / 100)), 500],
    style: STYLE,
    text: `
value |-------------------------------------------------- count
    0 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@ 100
    1 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@ 100
    2 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@ 100
    3 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@ 100
    4 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@ 100
    5 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@ 100
    6 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@ 100
    7 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@ 100
    8 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@ 100
    9 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@ 100
   10 |                                                     0
  >10 |                                                     1
`,
  },
];

describe('histogram text', () => {
  it.each(cases)('$name', ({ shape, values, style, text }) => {
    const statistic = new Statistic(shape, undefined, false);
    for (const value of values) statistic.add(fromBigInt(BigInt(value)));
    expect(formatHistogram(statistic, style)).toBe(`${text.slice(1)}\n`);
  });
  it('of nothing is an error', () => {
    const empty = new Statistic(LOG, undefined, false);
    expect(() => formatHistogram(empty, STYLE)).toThrow('empty aggregate');
  });
});
