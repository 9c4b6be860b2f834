import type { HandlerContext } from '../handler-context.ts';

/** `$value` of procfs probes; stapprobes(3stap), PROCFS. */
export const procfsValueFunctions = {
  procfs_value_get: (context: HandlerContext): string => context.procfs.value,

  /** Gives the text back, as the value of the assignment. */
  procfs_value_set: (context: HandlerContext, text: string): string => {
    context.procfs.set(text);
    return text;
  },

  procfs_value_append: (context: HandlerContext, text: string): string => {
    context.procfs.append(text);
    return context.procfs.value;
  },
};
