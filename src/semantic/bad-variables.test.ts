import { expect, test } from 'vitest';
import { compileText } from './testing/compile-text.ts';

const SCRIPT = 'probe begin { printf("%d %d", $foo, @defined($foo)) }';

test('a context variable that nothing places is an error', () => {
  const { program, messages } = compileText(SCRIPT);
  expect(program).toBeUndefined();
  expect(messages).toContain('semantic error: ');
});

test('--skip-badvars makes it 0 with a warning', () => {
  const { program, messages } = compileText(SCRIPT, { skipBadVariables: true });
  expect(program?.probes).toHaveLength(1);
  expect(messages).toContain(
    "WARNING: Bad $context variable being substituted with literal 0: identifier '$foo' at <input>:1:31",
  );
});
