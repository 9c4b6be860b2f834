/** Decimal, `0x1f` or `017`, with a sign; undefined for anything else, and for what no 64 bits hold. */
export function integer(text: string): bigint | undefined {
  const [, sign, digits] = /^([+-]?)(0x[\da-f]{1,16}|0[0-7]{0,22}|[1-9]\d{0,19})$/i.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const isOctal = /^0\d/.test(digits);
  const magnitude = BigInt(isOctal ? `0o${digits.slice(1)}` : digits);
  if (magnitude >= 1n << 64n) return undefined;
  return sign === '-' ? -magnitude : magnitude;
}
