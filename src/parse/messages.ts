/**
 * The texts of all parse messages by their stable codes. `%s` and `%d` are slots. The wording is
 * SystemTap's; messages it does not have are in the last group.
 */
export const PARSE_MESSAGES = {
  // Lexical
  'unclosed-string': 'Could not find matching closing quote',
  'unclosed-embedded-code': "Could not find matching '%}' to close embedded function block",
  'argument-out-of-range': 'command line argument out of range [1-%d]',
  'nested-argument': 'invalid nested substitution of command line arguments',
  'erroneous-embedded-end': "possible erroneous closing '}%', use '%}'?",
  'unexpected-eof': 'unexpected end-of-file',
  // Macros
  'macro-expected-name': 'expected identifier',
  'macro-expected-body': "expected '%('",
  'macro-expected-body-or-parameters': "expected '%(' or '('",
  'macro-expected-comma': "expected ',' or ')'",
  'macro-redefined': "attempt to redefine macro '@%s' in the same file",
  'macro-first-defined': "macro '@%s' first defined here",
  'define-redefined': "attempt to redefine '@define'",
  'define-in-macro': "'@define' forbidden inside macro body",
  'macro-incomplete': "incomplete macro definition - missing '%)'",
  'macro-missing-arguments': "expected '(' in invocation of macro '@%s' taking %d parameter",
  'macro-missing-arguments-plural': "expected '(' in invocation of macro '@%s' taking %d parameters",
  'macro-too-many-arguments': "too many parameters for macro '@%s' (expected %d)",
  'macro-too-few-arguments': "too few parameters for macro '@%s' (expected %d)",
  'macro-unclosed-call': 'could not find end of macro invocation',
  'macro-hides-operator': "macro redefines built-in operator '@%s'",
  'macro-file-other-token': "unexpected token in library macro file '%s'",
  'duplicate-library-macro': "duplicate definition of library macro '@%s'",
  // Conditionals
  'condition-wildcard-order': 'wildcard not allowed with order comparison operators',
  'condition-expected-string': 'expected string literal',
  'condition-expected-number': 'expected number',
  'condition-expected-0-or-1': 'expected 0 or 1',
  'condition-expected-equality': "expected '==' or '!='",
  'condition-expected-comparison': 'expected comparison operator',
  'condition-expected-string-right': 'expected string literal as right value',
  'condition-expected-number-right': 'expected number literal as right value',
  'condition-expected-config-right':
    'expected string, number literal or other CONFIG_... as right side operand',
  'condition-expected-operand':
    "expected 'arch', 'kernel_v', 'kernel_vr', 'systemtap_v',\n" +
    "             'runtime', 'systemtap_privilege', 'CONFIG_...', or\n" +
    '             comparison between strings or integers',
  'condition-incomplete': "incomplete condition after '%('",
  'condition-expected-marker': "expected '%?' marker for conditional",
  'conditional-unopened-then': "incomplete conditional - missing '%('",
  'conditional-unopened-else': "incomplete conditional - missing '%('",
  'conditional-unopened-end': "incomplete conditional - missing '%('",
  'conditional-duplicate-else': "invalid conditional - duplicate '%:'",
  'conditional-unclosed': 'incomplete conditional at end of file',
  // Declarations
  'expected-declaration': "expected 'probe', 'global', 'private', 'function', or '%{'",
  'expected-private-declaration': "expected 'function' or identifier",
  'expected-identifier': 'expected identifier',
  'expected-operator': "expected '%s'",
  'expected-keyword': "expected '%s'",
  'duplicate-global': 'duplicate global name',
  'global-private-conflict': 'global versus private variable declaration conflict',
  'array-size-out-of-range': 'array size out of range',
  'array-initialized': 'only scalar globals can be initialized',
  'expected-type': "expected 'string' or 'long'",
  'expected-parameter-separator': "expected ',' or ')'",
  'duplicate-parameter': 'duplicate parameter names',
  'priority-out-of-range': 'specified priority must be > 0',
  'embedded-code-unprivileged': 'embedded code in unprivileged script; need stap -g',
  'embedded-expression-unprivileged': 'embedded expression code in unprivileged script; need stap -g',
  // Probe points
  'expected-probe-point': 'expected probe point specifier',
  'expected-point-component': "expected identifier or '*' or '{'",
  'expected-point-separator': "expected one of ', { } = +='",
  'alias-optional': 'probe point alias name cannot be optional nor sufficient',
  'alias-epilogue': "Combined prologue and epilogue cannot be defined with '+='",
  'point-suffix': "'?', '!' or condition must only be specified in suffix",
  'point-optional-twice': "'?' or '!' respecified",
  'point-condition-twice': 'condition respecified',
  // Statements
  'expected-statement': 'expected statement',
  'return-outside-function': "found 'return' not in function context",
  'multiple-sort-directives': 'multiple sort directives',
  'expected-sort-directive': 'expected sort directive',
  'expected-statistic': 'expected statistical operation',
  // Expressions
  'expected-value': 'expected value',
  'expected-literal': 'expected literal string or number',
  'expected-literal-string': 'expected literal string',
  'expected-string': 'expected string',
  'expected-non-empty-string': 'expected non-empty string',
  'expected-number': 'expected number',
  'invalid-number': 'number invalid or out of range',
  'expected-array': 'expected identifier or statistical operation',
  'expected-list-separator': "expected ',' or ']'",
  'unexpected-list': 'unexpected comma-separated expression list',
  'expected-argument-separator': "expected one of ') ,'",
  'expected-index-separator': "expected one of '] ,'",
  'expected-print-separator': "expected one of ', )'",
  'expected-member': 'expected identifier or keyword',
  'unknown-operator': 'unknown operator %s',
  'bare-histogram': 'base histogram operator where expression expected',
  'too-many-operator-parameters': 'not more than %d parameter allowed',
  'too-many-operator-parameters-plural': 'not more than %d parameters allowed',
  'guru-operator': 'using %s operator not permitted; need stap -g',
  'nested-address': 'cannot take address more than once',
  'expected-target': 'expected @cast, @var or $var',
  'pretty-print-suffix': '-> and [ are not accepted for a pretty-printing variable',
  'invalid-conversion': 'invalid or missing conversion specifier',
  'incomplete-conversion': 'trailing incomplete print format conversion',
  // Input
  'input-empty': "Input file '%s' is empty.",
  'input-empty-preprocessed': "Input file '%s' is empty after preprocessing.",
  // Limits of this implementation
  'too-many-points': 'probe point expands to more than %d points',
  'nesting-too-deep': 'nested too deeply (more than %d levels)',
  'tree-too-deep': 'expression or statement chain too long (more than %d levels)',
  'macro-too-deep': "macro '@%s' nested too deeply (more than %d levels)",
  'macro-too-large': "expansion of macro '@%s' too large (more than %d tokens)",
} as const;

export type ParseMessageCode = keyof typeof PARSE_MESSAGES;

/** The text of a message with its slots filled in order. */
export function parseMessage(code: ParseMessageCode, slots: readonly (string | number)[]): string {
  let next = 0;
  return PARSE_MESSAGES[code].replace(/%[sd]/g, () => String(slots[next++] ?? ''));
}
