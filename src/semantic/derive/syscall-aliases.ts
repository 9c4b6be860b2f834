import type { AliasDeclaration } from '../../ast/declaration.ts';
import type { Block } from '../../ast/statement.ts';
import { visitStatement } from '../../ast/walk.ts';
import { BugError } from '../../diagnostic/bug-error.ts';
import type { DiagnosticSink } from '../../diagnostic/diagnostic.ts';
import { parseOptions } from '../../parse/parse-options.ts';
import { parseScript } from '../../parse/parse-script.ts';
import type { SyscallFacts } from '../../probes/syscalls/read-syscalls.ts';
import { renameClashes } from '../../probes/syscalls/rename-clashes.ts';
import { syscallAliasText } from '../../probes/syscalls/syscall-alias-text.ts';
import {
  syscallList,
  type SyscallArchitecture,
  type SyscallList,
} from '../../probes/syscalls/syscall-list.ts';
import type { AliasBinding } from './alias-registry.ts';

/**
 * Names that each system call has below them. SystemTap's differ in how the kernel is asked, by debugging information,
 * functions or tracepoints; here that is one way.
 */
export const SYSCALL_ROOTS = ['syscall', 'nd_syscall', 'dw_syscall', 'tp_syscall'] as const;

/** What aliases are made in. */
export interface AliasSurroundings {
  readonly sink: DiagnosticSink;
  /** Is a variable of that name a global one? */
  readonly isGlobal: (name: string) => boolean;
  readonly mentions: (body: Block) => Mentions;
}

/** Names of the variables in a body. */
interface Mentions {
  readonly names: ReadonlySet<string>;
  /** Those that it assigns, by `=` and by foreach. */
  readonly assigned: ReadonlySet<string>;
}

/** The list of system calls, read when it is first asked for. */
export function lazySyscallList(architecture: SyscallArchitecture): () => SyscallList {
  let list: SyscallList | undefined;
  return () => (list ??= syscallList(architecture));
}

/** `NAME` and `NAME.return` of each system call; the text of one is made and parsed when it is used. */
export function* syscallAliases(
  root: string,
  { byName }: SyscallList,
  surroundings: AliasSurroundings,
): Iterable<readonly [names: readonly string[], alias: AliasBinding]> {
  for (const facts of byName.values()) {
    yield [[facts.name], binding(root, facts, false, surroundings)];
    yield [[facts.name, 'return'], binding(root, facts, true, surroundings)];
  }
}

/** The aliases of all system calls, for a list of them. */
export function allSyscallAliases(architecture: SyscallArchitecture): readonly AliasDeclaration[] {
  const list = syscallList(architecture);
  const surroundings = { sink: { report: () => undefined }, isGlobal: () => false };
  return SYSCALL_ROOTS.flatMap((root) =>
    [...list.byName.values()].flatMap((facts) =>
      [false, true].flatMap((isReturn) => parseAlias(root, facts, isReturn, surroundings)),
    ),
  );
}

function binding(
  root: string,
  facts: SyscallFacts,
  isReturn: boolean,
  surroundings: AliasSurroundings,
): AliasBinding {
  return {
    origin: 'builtin',
    declarations: (body) => {
      // A handler that is empty asks nothing: a list of variables does.
      if (body.statements.length === 0) return parseAlias(root, facts, isReturn, surroundings);
      const { names, assigned } = surroundings.mentions(body);
      const aliases = parseAlias(root, facts, isReturn, surroundings, names);
      const own = new Set(aliases.flatMap((alias) => [...mentionsOf(alias.body).assigned]));
      const isKnown = (name: string): boolean =>
        own.has(name) || assigned.has(name) || surroundings.isGlobal(name);
      // A name that nobody assigns may be misspelt: all variables are there to be told as similar.
      return [...names].every(isKnown) ? aliases : parseAlias(root, facts, isReturn, surroundings);
    },
  };
}

/** With the variables that the handler mentions: hundreds of aliases with all theirs take a second. */
function parseAlias(
  root: string,
  facts: SyscallFacts,
  isReturn: boolean,
  { sink, isGlobal }: Omit<AliasSurroundings, 'mentions'>,
  wanted?: ReadonlySet<string>,
): readonly AliasDeclaration[] {
  const name = `${root}.${facts.name}${isReturn ? '.return' : ''}`;
  const text = syscallAliasText(root, renameClashes(facts, isGlobal), isReturn, wanted);
  const script = parseScript({ name, text, origin: 'library' }, parseOptions({ privileged: true }), sink);
  if (script === undefined) throw new BugError(`the alias ${name} does not parse`);
  return script.aliases;
}

/** Finds the names of the variables that bodies mention, once for each. */
export function variableMentions(): AliasSurroundings['mentions'] {
  const known = new WeakMap<Block, Mentions>();
  return (body) => {
    const found = known.get(body) ?? mentionsOf(body);
    known.set(body, found);
    return found;
  };
}

function mentionsOf(body: Block): Mentions {
  const names = new Set<string>();
  const assigned = new Set<string>();
  visitStatement(body, {
    statement: (statement) => {
      if (statement.kind === 'foreach') for (const { name } of statement.keys) assigned.add(name);
      return true;
    },
    expression: (expression) => {
      if (expression.kind === 'variable') names.add(expression.name);
      if (expression.kind === 'assignment' && expression.target.kind === 'variable')
        assigned.add(expression.target.name);
      return true;
    },
  });
  return { names, assigned };
}
