import { describe, expect, it } from 'vitest';
import { runScript, translateScript } from '../../tests/harness/run-script.ts';

describe('merged probes', () => {
  it('run every body; next and errors end only their own, the last error is raised', async () => {
    const run = await runScript(`probe begin { println("A"); next; println("no") }
      probe begin { println("B"); error("eb") }
      probe begin { println("C"); exit() }
      probe begin { println("D"); error("ed") }
      probe end { println("end") } probe error { println("error") }`);
    expect(run.output).toBe('A\nB\nC\nD\nerror\n');
    expect(run.messages).toEqual([
      "error: ed near identifier 'error' at <input>:4:35 in probe begin",
      'warning: Number of errors: 1, skipped probes: 0',
    ]);
  });

  it('keep their locals apart and stop at abort()', async () => {
    const run = await runScript(`probe begin { x = 1; println(x) } probe begin { x .= "a"; println(x) }
      probe begin { abort() } probe begin { println("no") } probe end { println("end") }`);
    expect(run.output).toBe('1\na\nend\n');
  });
});

describe('conditions', () => {
  it('are evaluated at every hit and show in pp()', async () => {
    const run = await runScript(
      `global on, n probe timer.s(1) if (on) { n++; println(pp()) } probe timer.ms(2500) { on = 1 } probe end { println(n) }`,
      [],
      (_engine, world) => {
        world.time.advance(4_500_000_000n);
      },
    );
    expect(run.output).toBe('timer.s(1) if (__global_on)\n'.repeat(2) + '2\n');
  });
});

describe('procfs probes', () => {
  const accessor = { tid: 9, uid: 0, gid: 0 };

  it('answer reads and see writes', async () => {
    const run = await runScript(
      `global text = "none", n
      probe procfs("f").read { $value = "<"; $value .= text; $value .= ">\\n" }
      probe procfs("f").write { text = $value; n++ if (text == "stop") exit() }
      probe end { println(text, n, pp()) }`,
      [],
      (engine) => {
        const [file] = engine.files();
        expect(file?.read?.(accessor)).toEqual({ content: '<none>\n' });
        expect(file?.write?.(accessor, 'stop')).toEqual({ written: 4 });
        expect(file?.read?.(accessor)).toEqual({ errno: 5 });
      },
    );
    expect(run.output).toBe('stop1end\n');
  });

  it('do not cut a growing text at each of its lines', () => {
    const grows = translateScript('probe procfs("f").read { $value .= "line\\n" }');
    expect(grows.code).not.toContain('clip(');
    const isRead = translateScript('probe procfs("f").read { println($value .= "line\\n") }');
    expect(isRead.code).toContain('clip(');
  });

  it('report an overflow at the assignment', async () => {
    const script = `probe procfs("f").read.maxsize(8) { $value = "12345678" }`;
    const run = await runScript(script, [], (engine) => {
      expect(engine.files()[0]?.read?.(accessor)).toEqual({ content: '1234567' });
    });
    expect(run.messages[0]).toBe(
      "error: buffer size exceeded, consider .maxsize(9). near identifier '$value' at <input>:1:37 " +
        '(called from identifier \'$value\' at <input>:1:37) in probe procfs("f").read.maxsize(8)',
    );
  });
});
