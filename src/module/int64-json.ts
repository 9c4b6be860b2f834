const INTEGER_TEXT = /^-?\d{1,20}$/;

/** For JSON.stringify: integers beyond 2^53 become `{"int64":"…"}`. */
export function int64Replacer(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? { int64: value.toString() } : value;
}

/** For JSON.parse: the integers that int64Replacer wrote. */
export function int64Reviver(_key: string, value: unknown): unknown {
  return isLargeInteger(value) ? BigInt(value.int64) : value;
}

function isLargeInteger(value: unknown): value is { readonly int64: string } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'int64' in value &&
    typeof value.int64 === 'string' &&
    INTEGER_TEXT.test(value.int64) &&
    Object.keys(value).length === 1
  );
}
