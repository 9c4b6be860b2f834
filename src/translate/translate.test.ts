import { describe, expect, it } from 'vitest';
import { moduleText, parseModuleText } from '../module/compiled-module-text.ts';
import { loadModule, translateScript } from '../../tests/harness/run-script.ts';

describe('a module', () => {
  it('survives being written as text', async () => {
    const module = translateScript(
      'global big = 0x7fffffffffffffff, a%[5] probe begin(-9223372036854775807) { println(big, a["x"]++) }',
    );
    const copy = parseModuleText(moduleText(module));
    expect(copy).toEqual(module);
    const { engine, world } = await loadModule(copy);
    engine.start();
    expect(world.output.text).toBe('92233720368547758070\n');
  });

  it('of another format is refused', () => {
    expect(() => parseModuleText('{"formatVersion":2}')).toThrow(RangeError);
  });

  it('tells what it needs', () => {
    const module = translateScript(
      'probe input.char { println(char =~ "a") } probe timer.s(1) { f() } function f() { g++ } global g probe end { println(g) }',
    );
    expect(module.needs).toEqual({ regex: true, stdin: true });
    expect(module.probes.map(({ prints, probeType }) => [prints, probeType])).toEqual([
      [true, 'procfs'],
      [false, 'hrtimer'],
      [true, 'begin_end'],
    ]);
  });

  it('is refused where SystemTap fails in its third pass', () => {
    expect(() => translateScript('probe begin { break }')).toThrow("cannot 'break' outside loop");
  });
});
