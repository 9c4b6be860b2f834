/**
 * Wrapped signed 64-bit integers, the only number type of the script language.
 *
 * Representation: a JavaScript `number` when the value is a safe integer (|v| <= 2^53 - 1, never -0),
 * a `bigint` otherwise. Every function returns the normalised form, so `===` compares values, a value can be
 * a Map key as it is, and `<` works between the two forms.
 */
export type Int64 = number | bigint;
