import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasEbpf } from '../../src/bpf/loader/testing/ebpf-access.ts';
import { RunningExporter } from '../e2e/exporter-run.ts';
import { repositoryRoot } from '../harness/command.ts';

const SCRIPTS = ['examples/metrics-failed-syscalls.stp', 'examples/metrics-processes-autostart.stp'];
/** A program with a name that no other has. */
const FAILING = `import os
open('/proc/self/comm', 'w').write('failing-thing')
for i in range(17):
  try: os.rmdir('/proc/none')
  except OSError: pass
`;

describe.runIf(hasEbpf())('examples for stap-exporter in the kernel', () => {
  const exporter = new RunningExporter(
    Object.fromEntries(
      SCRIPTS.map((path) => [
        path.replace('examples/', ''),
        readFileSync(join(repositoryRoot, path), 'utf8'),
      ]),
    ),
  );
  beforeAll(() => exporter.start('--start-wait', '20'));
  afterAll(() => exporter.dispose());

  test('metrics-failed-syscalls counts the calls that a program makes in vain', async () => {
    expect((await exporter.get('/metrics-failed-syscalls.stp')).status).toBe(200);
    spawnSync('/usr/bin/python3', ['-I', '-S', '-c', FAILING]);
    const { body } = await exporter.get('/metrics-failed-syscalls.stp');
    expect(body).toContain(
      '\nfailed_syscalls_total{command="failing-thing",call="rmdir",error="ENOENT"} 17\n',
    );
  });

  test('metrics-processes-autostart counts programs', async () => {
    await exporter.answer('/metrics-processes-autostart.stp', 200);
    for (let turn = 0; turn < 5; turn++)
      spawnSync('/bin/bash', ['-c', `exec -a x ${process.execPath} --version`]);
    const { body } = await exporter.get('/metrics-processes-autostart.stp');
    expect(
      Number(/^programs_started_total\{command="bash"\} (\d+)$/m.exec(body)?.[1]),
    ).toBeGreaterThanOrEqual(5);
    expect(Number(/^processes_ended_total\{command="node"\} (\d+)$/m.exec(body)?.[1])).toBeGreaterThanOrEqual(
      5,
    );
  });

  test('together they are one text', async () => {
    const text = await exporter.metrics('failed_syscalls_total');
    expect(text).toContain('# TYPE failed_syscalls_total counter\n');
    expect(text).toContain('stap_exporter_script_lines_left_out{script="metrics-failed-syscalls.stp"} 0\n');
    expect(text).toContain(
      'programs_started_total{script="metrics-processes-autostart.stp",command="bash"} ',
    );
  });
});
