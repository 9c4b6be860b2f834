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

/** Builds what the code of a module gets. `print` of the state is the script output. */
export function createGeneratedRuntime(
  module: CompiledModule,
  state: HandlerState,
  globals: GlobalStore,
  intrinsics: IntrinsicTable,
  compileRegex: RegexCompiler | undefined,
): GeneratedRuntime {
  const { limits } = module;
  const longest = limits.MAXSTRINGLEN - 1;
  const style = { width: limits.HIST_WIDTH, elision: limits.HIST_ELISION };
  const printLimit = limits.STP_BUFFER_SIZE;
  return {
    ...{ add, sub, mul, div, rem, and, or, xor, shl, shr, ushr, neg, not },
    ...{ mapKey2, mapKeyN, compileFormat, charText, formatUnsigned, formatHex, addFrame, caughtText },
    matchesKeys: matches,
    nonzero: (value) => (value === 0 ? fail('division by 0') : value),
    clip: (text) => clipString(text, limits.MAXSTRINGLEN),
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
    array: (index) => globals.array(index),
    statistic: (index) => globals.statistic(index),
    statisticElement: (index) => globals.statisticElement(index),
    emptyStatistic: (index) => globals.newStatistic(index),
    print: (text) => {
      state.print(text.length > printLimit ? text.slice(0, printLimit) : text);
    },
    histogram: (statistic) => formatHistogram(statistic, style),
    printHistogram: (statistic) => {
      state.print(formatHistogram(statistic, style));
    },
    matcher: (pattern) => {
      const regex = compileRegex?.(pattern);
      if (regex?.ok !== true) throw new Error(`no matcher for the pattern ${pattern}`);
      return (text) => {
        state.lastMatch = regex.match(text);
        return state.lastMatch !== undefined;
      };
    },
    context: state,
    intrinsic: (name) => {
      const intrinsic = intrinsics.get(name);
      if (intrinsic === undefined) throw new Error(`the run time has no function '${name}'`);
      return intrinsic;
    },
    enterBody: (pn) => {
      state.pn = pn;
    },
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
  };
}

function fail(message: string): never {
  throw new ScriptError(message);
}
