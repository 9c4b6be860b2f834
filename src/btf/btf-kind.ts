/** The kinds of types as linux/btf.h numbers them. */
export const BTF_KIND = {
  void: 0,
  integer: 1,
  pointer: 2,
  array: 3,
  struct: 4,
  union: 5,
  enum: 6,
  forward: 7,
  typedef: 8,
  volatile: 9,
  const: 10,
  restrict: 11,
  function: 12,
  prototype: 13,
  variable: 14,
  section: 15,
  float: 16,
  declarationTag: 17,
  typeTag: 18,
  enum64: 19,
} as const;

export type BtfKind = (typeof BTF_KIND)[keyof typeof BTF_KIND];

/** Words behind the three of every type: so many, and so many more for each of its `vlen` parts. By kind. */
export const EXTRA_WORDS: readonly { readonly fixed: number; readonly each: number }[] = [
  { fixed: 0, each: 0 },
  { fixed: 1, each: 0 },
  { fixed: 0, each: 0 },
  { fixed: 3, each: 0 },
  { fixed: 0, each: 3 },
  { fixed: 0, each: 3 },
  { fixed: 0, each: 2 },
  { fixed: 0, each: 0 },
  { fixed: 0, each: 0 },
  { fixed: 0, each: 0 },
  { fixed: 0, each: 0 },
  { fixed: 0, each: 0 },
  { fixed: 0, each: 0 },
  { fixed: 0, each: 2 },
  { fixed: 1, each: 0 },
  { fixed: 0, each: 3 },
  { fixed: 0, each: 0 },
  { fixed: 1, each: 0 },
  { fixed: 0, each: 0 },
  { fixed: 0, each: 3 },
];
