import { expect, test } from 'vitest';
import { plainEnvironment, runCommand, stapPath, type Finished } from '../harness/command.ts';

const compile = (script: string, ...options: string[]): Promise<Finished> =>
  runCommand(stapPath, ['--diagnostics=json', '-p2', ...options, '-e', script], { env: plainEnvironment() });

const findings = ({ stderr }: Finished): Record<string, unknown>[] =>
  stderr
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

test('every error is an object on a line of its own, repeats too', async () => {
  const result = await compile('probe begin { foo(1) bar(2) } probe nosuch { }');
  expect(result.status).toBe(1);
  expect(findings(result)).toMatchObject([
    { file: '<input>', line: 1, column: 15, endColumn: 18, severity: 'error', code: 'unresolved-function' },
    { column: 22, code: 'unresolved-function' },
    { column: 37, code: 'probe-point-mismatch', related: [{ code: 'while-resolving', column: 37 }] },
  ]);
});

test('warnings leave the output of the pass alone', async () => {
  const result = await compile('probe begin { println(x + 1) exit() }');
  expect(result.status).toBe(0);
  expect(result.stdout).toContain('# probes\nbegin');
  expect(findings(result)).toMatchObject([{ severity: 'warning', code: 'never-assigned', column: 23 }]);
});

test('several parse errors, one of them at the end of the file', async () => {
  const result = await compile('probe begin { = }\nprobe end { foo(');
  expect(result.status).toBe(1);
  expect(findings(result)).toMatchObject([
    { code: 'expected-literal', line: 1, column: 15 },
    { code: 'expected-value', line: 2, column: 17, endColumn: 17 },
  ]);
});

test('related places of contradictions and macros', async () => {
  const types = findings(await compile('probe begin { x = 1; x = "a"; println(x) }'));
  expect(types[0]).toMatchObject({ code: 'type-mismatch', related: [{ code: 'type-first-inferred' }] });
  const macro = findings(await compile('@define M %( foo(1) %) probe begin { @M }'));
  expect(macro[0]).toMatchObject({ related: [{ message: 'in expansion of macro @M', column: 38 }] });
});

test('another format is refused', async () => {
  const result = await runCommand(stapPath, ['--diagnostics=xml', '-e', 'probe begin { }']);
  expect(result.status).toBe(1);
  expect(result.stderr).toContain("Invalid argument 'xml' for --diagnostics: give text or json.");
});
