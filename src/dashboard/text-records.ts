import { textOfBytes } from '../monitor/byte-text.ts';

/** Of a list in a module's answer, which may be anything: the objects that have all these members as texts, as UTF-8. */
export function textRecords<Name extends string>(
  list: unknown,
  names: readonly Name[],
): readonly Readonly<Record<Name, string>>[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((item: unknown) => {
    if (typeof item !== 'object' || item === null) return [];
    const members = names.map((name) => [name, (item as Record<string, unknown>)[name]] as const);
    if (!members.every((member): member is [Name, string] => typeof member[1] === 'string')) return [];
    return [
      Object.fromEntries(members.map(([name, text]) => [name, textOfBytes(text)])) as Record<Name, string>,
    ];
  });
}
