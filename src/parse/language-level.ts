import { compareVersions } from './version-order.ts';

/** Which syntax a `--compatible` version has; see stap(1), --compatible. */
export interface LanguageLevel {
  /** String literals glue across comments. */
  readonly gluesAcrossComments: boolean;
  /** `\xHH` in string literals. */
  readonly hexEscapes: boolean;
  /** `expr->field` and `&expr` on any value. */
  readonly autocast: boolean;
  readonly privateKeyword: boolean;
  /** The else branch of `?:` is a conditional expression, not a full one. */
  readonly narrowElse: boolean;
  readonly registerOperators: boolean;
  readonly enumOperator: boolean;
  readonly enumNameOperator: boolean;
}

/** The language level of a version such as `4.8`. */
export function languageLevel(compatible: string): LanguageLevel {
  const has = (version: string): boolean => compareVersions(compatible, version) >= 0;
  return {
    gluesAcrossComments: has('2.0'),
    hexEscapes: has('2.3'),
    autocast: has('2.6'),
    privateKeyword: has('3.0'),
    narrowElse: has('4.0'),
    registerOperators: has('4.0'),
    enumOperator: has('5.5'),
    enumNameOperator: has('5.6'),
  };
}
