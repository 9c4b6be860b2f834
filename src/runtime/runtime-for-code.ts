import { add, div, mul, neg, rem, sub } from '../int64/arithmetic.ts';
import { and, not, or, shl, shr, ushr, xor } from '../int64/bits.ts';
import { formatHex, formatUnsigned } from '../int64/numeral.ts';
import type { CompiledModule } from '../module/compiled-module.ts';
import { mapKey2, mapKeyN, matches } from './associative-array.ts';
import { charText, compileFormat } from './format.ts';
import type { GeneratedRuntime } from './generated-code.ts';
import type { GlobalStore } from './global-store.ts';
import { ScriptError } from './handler-context.ts';
import { addFrame, asScriptFailure, caughtText } from './handler-error.ts';
import type { HandlerState } from './handler-state.ts';
import { formatHistogram } from './histogram.ts';
import type { IntrinsicTable } from './intrinsic-table.ts';
import type { RegexCompiler } from './regex.ts';
import { clipString } from './script-string.ts';

/** Operations that need nothing of the module. */
const OPERATIONS = {
  ...{ add, sub, mul, div, rem, and, or, xor, shl, shr, ushr, neg, not },
  ...{ mapKey2, mapKeyN, matchesKeys: matches },
  ...{ compileFormat, charText, formatUnsigned, formatHex, addFrame, caughtText },
} satisfies Partial<GeneratedRuntime>;

/** Builds what the code of a module gets. `print` of the state is the script output. */
export function createGeneratedRuntime(
  module: CompiledModule,
  state: HandlerState,
  globals: GlobalStore,
  intrinsics: IntrinsicTable,
  compileRegex: RegexCompiler | undefined,
): GeneratedRuntime {
  return {
    ...OPERATIONS,
    ...FAILURES,
    ...stringsAndArrays(module.limits.MAXSTRINGLEN),
    ...printing(module, state),
    cell: (index, initial) => globals.cell(index, initial),
    array: (index) => globals.array(index),
    statistic: (index) => globals.statistic(index),
    statisticElement: (index) => globals.statisticElement(index),
    emptyStatistic: (index) => globals.newStatistic(index),
    context: state,
    intrinsic: (name) => {
      const intrinsic = intrinsics.get(name);
      if (intrinsic === undefined) throw new Error(`the run time has no function '${name}'`);
      return intrinsic;
    },
    matcher: (pattern) => {
      const regex = compileRegex?.(pattern);
      if (regex?.ok !== true) throw new Error(`no matcher for the pattern ${pattern}`);
      return (text) => {
        state.lastMatch = regex.match(text);
        return state.lastMatch !== undefined;
      };
    },
    enterBody: (pn) => {
      state.pn = pn;
    },
  };
}

type StringsAndArrays = Pick<GeneratedRuntime, 'clip' | 'concat' | 'addToElement'>;

function stringsAndArrays(maxStringLength: number): StringsAndArrays {
  const longest = maxStringLength - 1;
  return {
    clip: (text) => clipString(text, maxStringLength),
    concat: (left, right) => {
      const text = left + right;
      return text.length > longest ? text.slice(0, longest) : text;
    },
    addToElement: (array, key, keys, amount) => {
      const element = array.element(key);
      if (element !== undefined) return (element.value = add(element.value, amount));
      array.set(key, keys, amount);
      return amount;
    },
  };
}

type Printing = Pick<GeneratedRuntime, 'print' | 'histogram' | 'printHistogram'>;

function printing({ limits }: CompiledModule, state: HandlerState): Printing {
  const style = { width: limits.HIST_WIDTH, elision: limits.HIST_ELISION };
  const longest = limits.STP_BUFFER_SIZE;
  return {
    print: (text) => {
      state.print(text.length > longest ? text.slice(0, longest) : text);
    },
    histogram: (statistic) => formatHistogram(statistic, style),
    printHistogram: (statistic) => {
      state.print(formatHistogram(statistic, style));
    },
  };
}

const FAILURES = {
  nonzero: (value) => (value === 0 ? fail('division by 0') : value),
  overrun: () => {
    throw new ScriptError('MAXACTION exceeded', false);
  },
  tooDeep: () => fail('MAXNESTING exceeded'),
  exhausted: () => fail('all functions exhausted'),
  bodyError: (thrown) => {
    const failure = asScriptFailure(thrown);
    if (failure instanceof ScriptError && failure.catchable) return failure;
    throw failure;
  },
  raiseLast: (error) => {
    if (error !== undefined && error.message !== '') throw error;
  },
} satisfies Partial<GeneratedRuntime>;

function fail(message: string): never {
  throw new ScriptError(message);
}
