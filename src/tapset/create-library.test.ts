import { describe, expect, test } from 'vitest';
import type { ScriptFile } from '../ast/declaration.ts';
import { parseOptions } from '../parse/parse-options.ts';
import { parseMacroFile, parseScript } from '../parse/parse-script.ts';
import { createLibrary } from './create-library.ts';
import type { Library } from './library.ts';
import { buildTapsetIndex, joinTapsetIndexes, type TapsetFile, type TapsetIndex } from './tapset-index.ts';

const FILES: readonly TapsetFile[] = [
  {
    path: 'a.stp',
    text: `global shared, private_not
      private global hidden
      function f (x) { return x }
      function f (x, y) { return x + y }
      private function g () {}
      function strlen:long (s:string) %{ /* pure */ intrinsic strlen %}
      probe lib.x = begin {}
      probe lib.y.z += end {}`,
  },
  {
    path: 'b.stp',
    text: `function f () { return 0 }
      function strlen:long (s:string) %{ STAP_RETVALUE = strlen(STAP_ARG_s); %}
      function only_c () %{ puts("x"); %}
      probe lib.x = end {} probe other = begin {}
      probe end {}`,
  },
  { path: 'm.stpm', text: '@define one %( 1 %) @define two(x) %( @x %)' },
];
const sink = { report: () => undefined };

function parse(file: TapsetFile): ScriptFile | undefined {
  const source = { name: file.path, text: file.text, origin: 'library' as const };
  return parseScript(source, parseOptions({ privileged: true }), sink);
}

function indexOf(files: readonly TapsetFile[]): TapsetIndex {
  return buildTapsetIndex(files, {
    script: parse,
    macroNames: (file) => [
      ...parseMacroFile(
        { name: file.path, text: file.text, origin: 'library' },
        parseOptions({ privileged: true }),
        sink,
      ).keys(),
    ],
  });
}

function open(files: readonly TapsetFile[]): { library: Library; parsed: string[] } {
  const parsed: string[] = [];
  const library = createLibrary(indexOf(files), (path) => {
    parsed.push(path);
    const file = files.find((candidate) => candidate.path === path);
    return file && parse(file);
  });
  return { library, parsed };
}

const names = (files: readonly ScriptFile[]): readonly string[] => files.map((file) => file.source.name);

describe('buildTapsetIndex', () => {
  test('is plain data of what files offer to others', () => {
    const index = indexOf(FILES);
    expect(JSON.parse(JSON.stringify(index))).toEqual(index);
    expect(index).toEqual({
      scripts: [
        {
          path: 'a.stp',
          functions: [
            { name: 'f', arity: 1 },
            { name: 'f', arity: 2 },
            { name: 'strlen', arity: 1 },
          ],
          globals: ['shared', 'private_not'],
          aliases: ['lib.x', 'lib.y.z'],
          standalone: false,
        },
        {
          path: 'b.stp',
          functions: [
            { name: 'f', arity: 0 },
            { name: 'strlen', arity: 1, foreign: true },
            { name: 'only_c', arity: 0, foreign: true },
          ],
          globals: [],
          aliases: ['lib.x', 'other'],
          standalone: true,
        },
      ],
      macroFiles: [{ path: 'm.stpm', macros: ['one', 'two'] }],
    });
  });

  test('leaves out files that do not parse, and joins in order', () => {
    const broken = indexOf([{ path: 'c.stp', text: 'probe begin {' }]);
    expect(broken.scripts).toEqual([]);
    const [a, b] = [indexOf(FILES.slice(0, 1)), indexOf(FILES.slice(1))];
    expect(joinTapsetIndexes([a, broken, b])).toEqual(indexOf(FILES));
  });
});

describe('createLibrary', () => {
  test('finds functions in search order and parses each file once, when asked', () => {
    const { library, parsed } = open(FILES);
    expect(library.size).toBe(2);
    expect(parsed).toEqual([]);
    expect(names(library.filesOfFunction('f'))).toEqual(['a.stp', 'b.stp']);
    expect(names(library.filesOfFunction('g'))).toEqual([]);
    expect(library.filesOfFunction('f')[0]).toBe(library.filesOfFunction('strlen')[0]);
    expect(parsed).toEqual(['a.stp', 'b.stp']);
  });

  test('embedded C of others does not hide a function we have, but is found when it is all there is', () => {
    const { library } = open([...FILES].reverse());
    expect(names(library.filesOfFunction('strlen'))).toEqual(['a.stp']);
    expect(names(library.filesOfFunction('only_c'))).toEqual(['b.stp']);
  });

  test('finds globals that are not private', () => {
    const { library } = open(FILES);
    expect(library.fileOfGlobal('shared')?.source.name).toBe('a.stp');
    expect(library.fileOfGlobal('hidden')).toBeUndefined();
    expect(library.fileOfGlobal('nothing')).toBeUndefined();
  });

  test('finds aliases by their first component', () => {
    const { library, parsed } = open(FILES);
    const aliases = library.aliases('other');
    expect(parsed).toEqual(['b.stp']);
    expect(aliases.map((alias) => library.fileOfAlias(alias).source.name)).toEqual(['b.stp']);
    expect(library.aliases('lib')).toHaveLength(3);
    expect(library.aliases('*')).toHaveLength(4);
    expect(library.aliases('nothing')).toEqual([]);
  });

  test('lists all names without parsing', () => {
    const { library, parsed } = open(FILES);
    expect(library.functionNames()).toEqual(['f', 'strlen', 'only_c']);
    expect(library.globalNames()).toEqual(['shared', 'private_not']);
    expect(library.aliasNames()).toEqual(['lib.x', 'lib.y.z', 'other']);
    expect(parsed).toEqual([]);
  });

  test('a file that cannot be parsed any more is asked for once and left out', () => {
    const asked: string[] = [];
    const library = createLibrary(indexOf(FILES), (path) => void asked.push(path));
    expect(library.filesOfFunction('f')).toEqual([]);
    expect(library.aliases('lib')).toEqual([]);
    expect(asked).toEqual(['a.stp', 'b.stp']);
  });
});
