import type { Block } from '../../ast/statement.ts';
import { visitStatement } from '../../ast/walk.ts';
import { BugError } from '../../diagnostic/bug-error.ts';
import { parseOptions } from '../../parse/parse-options.ts';
import { parseScript } from '../../parse/parse-script.ts';
import type { SyscallArgument } from './read-syscalls.ts';
import { argumentVariables } from './syscall-alias-text.ts';

/**
 * The handler of a system call's return with the variables of its arguments: the kernel keeps them until then. Only those
 * that the handler reads and never assigns, so that variables of its own mean what they always did; `isGlobal` tells
 * the names that are taken anyway.
 */
export function withEntryVariables(
  body: Block,
  args: readonly SyscallArgument[],
  isGlobal: (name: string) => boolean,
): Block {
  const { read, assigned } = variableNames(body);
  const isMissing = (name: string): boolean => read.has(name) && !assigned.has(name) && !isGlobal(name);
  const wanted = args.filter((argument) => argumentVariables(argument).some(({ name }) => isMissing(name)));
  if (wanted.length === 0) return body;
  // A text may be made of the value of another argument.
  const needed = new Set(wanted.flatMap(({ name, text }) => [name, text?.second ?? name]));
  const lines = args
    .filter(({ name }) => needed.has(name))
    .flatMap(argumentVariables)
    .filter(({ name }) => !assigned.has(name) && !isGlobal(name))
    .sort((left, right) => Number(left.isText) - Number(right.isText))
    .map(({ name, expression }) => `${name} = ${expression}\n`);
  return { ...body, statements: [...parseStatements(lines.join('')), body] };
}

function variableNames(body: Block): { readonly read: Set<string>; readonly assigned: Set<string> } {
  const read = new Set<string>();
  const assigned = new Set<string>();
  visitStatement(body, {
    expression: (expression) => {
      if (expression.kind === 'variable') read.add(expression.name);
      if (expression.kind === 'assignment' && expression.target.kind === 'variable')
        assigned.add(expression.target.name);
      if (expression.kind === 'update' && expression.operand.kind === 'variable')
        assigned.add(expression.operand.name);
      return true;
    },
    statement: (statement) => {
      if (statement.kind === 'foreach')
        for (const variable of [...statement.keys, statement.value])
          if (variable) assigned.add(variable.name);
      if (statement.kind === 'try' && statement.error) assigned.add(statement.error.name);
      return true;
    },
  });
  return { read, assigned };
}

function parseStatements(text: string): Block['statements'] {
  const source = { name: 'system call', text: `probe begin {\n${text}}`, origin: 'library' } as const;
  const script = parseScript(source, parseOptions({ privileged: true }), { report: () => undefined });
  const statements = script?.probes[0]?.body.statements;
  if (statements === undefined) throw new BugError(`no statements: ${text}`);
  return statements;
}
