import { describe, expect, test } from 'vitest';
import { printProbePoint } from '../../ast/print-script.ts';
import { parseOptions } from '../../parse/parse-options.ts';
import { parseScript } from '../../parse/parse-script.ts';
import { compileText } from '../testing/compile-text.ts';
import { listFunctions } from './list-functions.ts';
import { listProbeAliases } from './list-probe-aliases.ts';
import { listProbeTypes } from './list-probe-types.ts';
import { listProbes } from './list-probes.ts';

const LIBRARY = [
  {
    path: 'my.stp',
    text: `probe my.a = begin { x = 1; y = "s" }
probe my.b = begin, end { v = 5 }
probe my.c = begin { k = 1 }
probe my.c = end { k = 1; m = 2 }
probe my.d = my.a { n = x }
probe my.f = procfs("z").write { val = $value }
probe my.g = procfs("z") { val = 1 }`,
  },
];

function list(pattern: string, variables: boolean, verbosity = 0): readonly string[] {
  const { program } = compileText(`probe ${pattern} {}`, { listing: true }, LIBRARY);
  return listProbes(program?.probes ?? [], { variables, verbosity, pointText: printProbePoint });
}

describe('listProbes', () => {
  test.each([
    ['end, begin, begin', ['begin', 'end']],
    ['{begin,end}?', ['begin?', 'end?']],
    ['begin(-1), timer.ms(010)', ['begin(-1)', 'timer.ms(8)']],
    ['begin if (1)', ['begin if (1)']],
    ['procfs.umask(0400).read.maxsize(16)', ['procfs.umask(256).read.maxsize(16)']],
    ['procfs.*', ['procfs.read', 'procfs.write']],
    ['my.*', ['my.a', 'my.b', 'my.c', 'my.d', 'my.f']],
    ['my.g.*', ['procfs("z").read', 'procfs("z").write']],
    ['my.a? if (1)', ['my.a']],
    ['procfs', []],
    ['nosuch', []],
  ])('-l %s', (pattern, lines) => {
    expect(list(pattern, false)).toEqual(lines);
  });

  test('-L adds what all probes of a name have', () => {
    expect(list('my.*', true)).toEqual([
      'my.a x:long y:string',
      'my.b v:long',
      'my.c k:long',
      'my.d x:long y:string n:long',
      'my.f val:string',
    ]);
    expect(list('procfs("x").read', true)).toEqual(['procfs("x").read']);
  });

  test('-v -L shows each probe as derived', () => {
    expect(list('my.c, my.f', true, 1)).toEqual([
      'begin k:long',
      'end k:long m:long',
      'procfs("z").write val:string',
    ]);
  });
});

describe('listProbeTypes', () => {
  test('the points of user space, in order', () => {
    expect(
      listProbeTypes(true).filter((line) => /^(begin|end|never|procfs|timer\.(hz|ms|prof))/.test(line)),
    ).toEqual([
      'begin',
      'begin(number)',
      'end',
      'end(number)',
      'never',
      'procfs.read',
      'procfs.read.maxsize(number)',
      'procfs.umask(number).read',
      'procfs.umask(number).read.maxsize(number)',
      'procfs.umask(number).write',
      'procfs.write',
      'procfs(string).read',
      'procfs(string).read.maxsize(number)',
      'procfs(string).umask(number).read',
      'procfs(string).umask(number).read.maxsize(number)',
      'procfs(string).umask(number).write',
      'procfs(string).write',
      'timer.hz(number)',
      'timer.ms(number)',
      'timer.ms(number).randomize(number)',
      'timer.msec(number)',
      'timer.msec(number).randomize(number)',
      'timer.profile.tick',
    ]);
  });

  test('as many as SystemTap has on x86-64, for both kinds of users', () => {
    expect(listProbeTypes(true)).toHaveLength(260);
    const unprivileged = listProbeTypes(false);
    expect(unprivileged).toHaveLength(171);
    expect(unprivileged).toContain('process(number).function(string).call');
    expect(unprivileged).not.toContain('process(number).insn');
    expect(unprivileged).not.toContain('procfs.read');
  });
});

test('listProbeAliases', () => {
  const script = parseScript(
    {
      name: 'x.stp',
      text: `probe b.c += begin!, end? {} probe a = procfs("x").read if (1) {} probe a = procfs("x").read if (1) {}
probe _hidden = end {}`,
      origin: 'library',
    },
    parseOptions(),
    { report: () => undefined },
  );
  const lines = ['a = procfs("x").read if (1)', 'b.c += begin!, end?'];
  expect(listProbeAliases(script?.aliases ?? [], false, printProbePoint)).toEqual(lines);
  expect(listProbeAliases(script?.aliases ?? [], true, printProbePoint)).toEqual(['_hidden = end', ...lines]);
});

test('listFunctions', () => {
  const { program } = compileText(
    'probe begin { println(pid(), strlen("x")) exit() log("x") _own(1) } function _own (x) { println(x) }',
  );
  const functions = program?.functions ?? [];
  expect(listFunctions(functions, false)).toEqual([
    'exit:unknown () /* unprivileged */',
    'log:unknown (msg:string) /* unprivileged */',
    'pid:long ()',
    'strlen:long (s:string) /* unprivileged */',
  ]);
  expect(listFunctions(functions, true)).toEqual([
    '_own:unknown (x:long)',
    'exit:unknown () /* unprivileged */',
    'log:unknown (msg:string) /* unprivileged */',
    'pid:long () /* pure */ /* stable */',
    'strlen:long (s:string) /* pure */ /* unprivileged */',
  ]);
});
