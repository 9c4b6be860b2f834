import { describe, expect, test } from 'vitest';
import { printBlock } from '../ast/print-statement.ts';
import { deriveText } from '../semantic/derive/testing/derive-text.ts';

const handler = (access: 'read' | 'write', body: string): ReturnType<typeof deriveText> =>
  deriveText(`probe procfs("a").${access} { ${body} }`);

const bodyText = ({ probes }: ReturnType<typeof deriveText>): string =>
  probes.map((probe) => printBlock(probe.body)).join('\n');

const reasons = ({ probes }: ReturnType<typeof deriveText>): readonly string[] =>
  probes.flatMap((probe) =>
    [...probe.unresolvedTargets.values()].map(
      ({ message, token }) => `${message}: ${token?.kind ?? ''} '${token?.text ?? ''}' ${token?.column ?? 0}`,
    ),
  );

describe('$value that is replaced', () => {
  test('read in a write handler', () => {
    const derived = handler('write', 'println($value) x[$value] = 1');
    expect(bodyText(derived)).toContain('println(__private__input___procfs_value_get1())');
    expect(reasons(derived)).toEqual([]);
    const callees = [...(derived.probes[0]?.contextCallees.values() ?? [])];
    expect(callees).toHaveLength(2);
    expect(callees[0]).toEqual({
      mangledName: '__private__input___procfs_value_get1',
      intrinsic: 'procfs_value_get',
      parameters: [],
      returnType: 'string',
      pure: true,
      stable: true,
    });
  });

  test('stored to in a read handler', () => {
    const derived = handler('read', 'x = $value = "s"; $value .= "t"');
    expect(bodyText(derived)).toContain('(x) = (__private__input___procfs_value_set1("s"))');
    expect(bodyText(derived)).toContain('__private__input___procfs_value_append2("t")');
    const callees = [...(derived.probes[0]?.contextCallees.values() ?? [])];
    expect(callees.map(({ intrinsic, pure }) => [intrinsic, pure])).toEqual([
      ['procfs_value_set', false],
      ['procfs_value_append', false],
    ]);
    expect(callees[0]?.parameters).toEqual([{ name: 'value', type: 'string' }]);
  });

  test('the number in a name counts uses of all probes, equal uses of a file share it', () => {
    const { probes } = deriveText(
      'probe procfs("a").read { $value = "1" } probe procfs("a").write { x = $value . $value }' +
        ' probe procfs("b").read { $value = "2"; $value .= "3" }',
    );
    const names = probes.map((probe) => [
      ...new Set([...probe.contextCallees.values()].map(({ mangledName }) => mangledName)),
    ]);
    expect(names).toEqual([
      ['__private__input___procfs_value_set1'],
      ['__private__input___procfs_value_get2'],
      ['__private__input___procfs_value_set1', '__private__input___procfs_value_append5'],
    ]);
  });

  test('a body used by two points is copied for each', () => {
    const { probes } = deriveText('probe procfs("c").write, procfs("d").write { println($value) }');
    const [first, second] = probes.map((probe) => [...probe.contextCallees.keys()]);
    expect(first?.[0]).toBeDefined();
    expect(first?.[0]).not.toBe(second?.[0]);
  });
});

describe('$value that is refused', () => {
  const readOnly = "procfs $value variable is read-only in a procfs write probe: identifier '$value'";
  const writeOnly = "procfs $value variable cannot be read in a procfs read probe: identifier '$value'";
  const operators =
    "Only the following assign operators are implemented on procfs read target variables: '=', '.=': identifier '$value'";

  test.each([
    ['$foo = 1', "invalid target symbol for procfs probe, $value expected: identifier '$foo' 26"],
    ['println($$vars)', "invalid target symbol for procfs probe, $value expected: identifier '$$vars' 34"],
    ['println($value)', `${writeOnly} 34`],
    ['println(&$value)', `${writeOnly} 35`],
    ['$value = $value', `${writeOnly} 35`],
    ['&$value = "x"', "cannot take address of procfs variable: identifier '$value' 27"],
    ['$value->x = "x"', "procfs variable '$value' may not be used as a structure: operator '->' 32"],
    ['$value[1] = "x"', "procfs variable '$value' may not be used as array: operator '[' 32"],
    ['$value$ = "x"', "procfs variable '$value' may not be pretty-printed: identifier '$value$' 26"],
    ['delete $value', "invalid operand of delete expression: identifier '$value' 33"],
    ['$value++', `${operators} 26`],
    ['--$value', `${operators} 28`],
    ['$value += "x"', `${operators} 26`],
    ['$value <<< 3', `${operators} 26`],
  ])('in a read handler: %s', (body, reason) => {
    expect(reasons(handler('read', body))).toEqual([reason]);
  });

  test.each([
    ['$value = "x"', `${readOnly} 27`],
    ['$value .= "x"', `${readOnly} 27`],
    ['$value++', `${readOnly} 27`],
    ['println(&$value)', "cannot take address of procfs variable: identifier '$value' 36"],
    ['println($value->x$)', "procfs variable '$value' may not be used as a structure: operator '->' 41"],
    ['println($value[1]->x)', "procfs variable '$value' may not be used as array: operator '[' 41"],
    ['println($value$$)', "procfs variable '$value' may not be pretty-printed: identifier '$value$$' 35"],
  ])('in a write handler: %s', (body, reason) => {
    expect(reasons(handler('write', body))).toEqual([reason]);
  });

  test('what is inside a refused use is still replaced', () => {
    const derived = handler('write', 'println($foo->bar[$value])');
    expect(bodyText(derived)).toContain('procfs_value_get1()');
    expect(reasons(derived)).toHaveLength(1);
  });

  test('other families leave context variables alone', () => {
    const { probes } = deriveText('probe begin { println($value) }');
    expect(probes[0]?.unresolvedTargets.size).toBe(0);
    expect(probes[0]?.contextCallees.size).toBe(0);
  });
});
