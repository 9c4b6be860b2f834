/**
 * Whether a probe is meant by `wanted`: its index, or its point, in which `*` stands for any text. Takes no longer than
 * the product of both lengths, however many stars there are.
 */
export function probeMatcher(wanted: string): (index: number, point: string) => boolean {
  if (/^\d+$/.test(wanted)) return (index) => index === Number(wanted);
  const [first = '', ...others] = wanted.split('*');
  const last = others.pop();
  if (last === undefined) return (_index, point) => point === wanted;
  return (_index, point) => {
    const end = point.length - last.length;
    if (!point.startsWith(first) || !point.endsWith(last)) return false;
    // The leftmost place of each part leaves most room for those after it.
    let at = first.length;
    for (const part of others) {
      const found = point.indexOf(part, at);
      if (found < 0) return false;
      at = found + part.length;
    }
    return at <= end;
  };
}
