import type {
  Comparison,
  Expression,
  Index,
  NumberLiteral,
  Print,
  Statistic,
  StatisticFunction,
  StringLiteral,
  Variable,
} from '../ast/expression.ts';
import type { Block, ExpressionStatement, Statement } from '../ast/statement.ts';
import type { FormatPart } from '../module/format.ts';
import type { Token } from '../source/token.ts';
import type { VariableSymbol } from './program.ts';
import type { SymbolTable } from './symbol-table.ts';

/** Builds syntax that no script wrote; every node points at the same token, leaves are bound as they are made. */
export class SyntaxBuilder {
  readonly #token: Token;
  readonly #symbols: SymbolTable;

  constructor(token: Token, symbols: SymbolTable) {
    this.#token = token;
    this.#symbols = symbols;
  }

  /** A local scalar that belongs to synthetic code. */
  local(name: string, type: 'long' | 'string'): VariableSymbol {
    return {
      scope: 'local',
      name,
      mangledName: name,
      token: this.#token,
      arity: 0,
      type,
      keyTypes: [],
      varianceShift: 0,
    };
  }

  variable(symbol: VariableSymbol): Variable {
    const leaf: Variable = { kind: 'variable', name: symbol.name, token: this.#token };
    this.#symbols.bindVariable(leaf, symbol);
    return leaf;
  }

  element(array: VariableSymbol, keys: readonly VariableSymbol[]): Index | Variable {
    const base = this.variable(array);
    if (keys.length === 0) return base;
    return { kind: 'index', base, keys: keys.map((key) => this.variable(key)), token: this.#token };
  }

  number(value: number): NumberLiteral {
    return { kind: 'number', value, token: this.#token };
  }

  statistic(name: StatisticFunction, operand: Expression): Statistic {
    return { kind: 'statistic', function: name, operand, shift: 0, token: this.#token };
  }

  equals(left: Expression, right: Expression): Comparison {
    return { kind: 'comparison', operator: '==', left, right, token: this.#token };
  }

  /** `printf` of a format given in pieces; text pieces hold decoded characters. */
  printf(parts: readonly FormatPart[], args: readonly Expression[]): ExpressionStatement {
    const format = this.#string(parts.map(partText).join(''));
    const print: Print = {
      kind: 'print',
      function: 'printf',
      toString: false,
      newline: false,
      format,
      parts,
      args,
      token: this.#token,
    };
    return { kind: 'expression-statement', expression: print, token: this.#token };
  }

  block(statements: readonly Statement[]): Block {
    return { kind: 'block', statements, token: this.#token };
  }

  #string(value: string): StringLiteral {
    return { kind: 'string', value, raw: escapeText(value), token: this.#token };
  }
}

function partText(part: FormatPart): string {
  if (part.kind === 'text') return part.text.replaceAll('%', '%%');
  const { flag, width, precision, conversion } = part;
  return `%${flag}${width ?? ''}${precision === undefined ? '' : `.${precision}`}${conversion}`;
}

function escapeText(text: string): string {
  return text.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n');
}
