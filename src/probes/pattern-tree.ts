import type { ProbePoint, ProbePointComponent } from '../ast/declaration.ts';
import { DiagnosticError } from '../diagnostic/diagnostic.ts';
import { pointError } from './point-error.ts';
import { componentToken } from './point-text.ts';
import type { ProbeFamily } from './probe-family.ts';
import { compareBytes, similarNames } from './similar-names.ts';

/** What a complete point leads to: a family of the compiler, or an alias. */
export type Ending<Alias> =
  | { readonly kind: 'family'; readonly family: ProbeFamily }
  | { readonly kind: 'alias'; readonly alias: Alias };

/** What `PatternTree.resolve` calls for the endings it finds, and how it learns whether that gave any probes. */
export interface PointBuilder<Alias> {
  /** `point` has its wildcards expanded. */
  build(ending: Ending<Alias>, point: ProbePoint): void;
  /** An alias matched the components before `suffixStart`; the rest goes to the points behind it. */
  buildWithSuffix(alias: Alias, point: ProbePoint, suffixStart: number): void;
  /** Number of probes derived so far. */
  count(): number;
  /** A wildcard component matched this name. */
  wildcardMatched?(pattern: string, name: string): void;
}

type ArgumentKind = 'none' | 'number' | 'string';

/** SystemTap lists numbers before strings. */
const ARGUMENT_ORDER: readonly ArgumentKind[] = ['none', 'number', 'string'];

interface Edge<Alias> {
  readonly name: string;
  readonly argument: ArgumentKind;
  readonly node: Node<Alias>;
}

/** One position in the tree of probe points. */
class Node<Alias> {
  readonly endings: Ending<Alias>[] = [];
  /** Takes every point that continues here in a way the tree does not know. */
  rest: Ending<Alias> | undefined;
  readonly #edges = new Map<string, Edge<Alias>>();

  child(name: string, argument: ArgumentKind): Node<Alias> | undefined {
    return this.#edges.get(`${name}/${argument}`)?.node;
  }

  ensureChild(name: string, argument: ArgumentKind): Node<Alias> {
    const found = this.child(name, argument);
    if (found !== undefined) return found;
    const node = new Node<Alias>();
    this.#edges.set(`${name}/${argument}`, { name, argument, node });
    return node;
  }

  /** Sorted by name, the form without an argument first. */
  edges(): readonly Edge<Alias>[] {
    return [...this.#edges.values()].sort(
      (a, b) =>
        compareBytes(a.name, b.name) ||
        ARGUMENT_ORDER.indexOf(a.argument) - ARGUMENT_ORDER.indexOf(b.argument),
    );
  }
}

/** Code of the error that a family gives which this version has no back end for; wildcards do not hide it. */
export const UNSUPPORTED_FAMILY = 'probe-family-unsupported';

/**
 * All probe points that can be written, as a tree by components: the families of the compiler and the aliases.
 * Resolution and its messages are SystemTap's (stapprobes(3stap), "SYNTAX").
 */
export class PatternTree<Alias> {
  readonly #root = new Node<Alias>();
  /** Patterns that are not in the tree yet, by the name they begin with. */
  readonly #waiting = new Map<string, { readonly pattern: string; readonly family: ProbeFamily }[]>();
  /** What else is to be added below a name, likewise. */
  readonly #deferred = new Map<string, () => void>();
  readonly #privileged: boolean;
  readonly #aliasSuffixes: boolean;

  /** `privileged`: false for `--privilege=stapusr`, which only some families accept. */
  /** @param aliasSuffixes whether components may follow the name of an alias: since SystemTap 2.0 */
  constructor(privileged: boolean, aliasSuffixes = true) {
    this.#privileged = privileged;
    this.#aliasSuffixes = aliasSuffixes;
  }

  /**
   * Adds the patterns of a family. They are put in when a point that begins like them is first looked for: most
   * scripts use two of the hundreds.
   */
  addFamily(family: ProbeFamily): void {
    for (const pattern of family.patterns) {
      const root = /^\w+/.exec(pattern)?.[0] ?? pattern;
      const waiting = this.#waiting.get(root);
      if (waiting === undefined) this.#waiting.set(root, [{ pattern, family }]);
      else waiting.push({ pattern, family });
    }
  }

  /** Adds an alias; aliases of the same name all apply, in the order of adding. */
  addAlias(names: readonly string[], alias: Alias): void {
    let node = this.#root;
    for (const name of names) node = node.ensureChild(name, 'none');
    node.endings.push({ kind: 'alias', alias });
  }

  /** Adds aliases below a name when a point that begins with it is first looked for. */
  addAliasesBelow(
    root: string,
    aliases: () => Iterable<readonly [names: readonly string[], alias: Alias]>,
  ): void {
    this.#deferred.set(root, () => {
      for (const [names, alias] of aliases()) this.addAlias([root, ...names], alias);
    });
  }

  /** Makes a family answer for a name and everything below it that the tree does not know otherwise. */
  addRest(names: readonly string[], family: ProbeFamily): void {
    let node = this.#root;
    for (const name of names) node = node.ensureChild(name, 'none');
    node.rest = { kind: 'family', family };
  }

  /**
   * Finds every ending of a point and hands it to the builder.
   * @throws DiagnosticError with SystemTap's words when nothing fits
   */
  resolve(point: ProbePoint, builder: PointBuilder<Alias>): void {
    const first = componentAt(point, 0).name;
    if (first.includes('*')) this.#admitAll();
    else this.#admit(first);
    this.#find(this.#root, point, 0, builder);
  }

  /** All patterns of families that may be used at this privilege, in SystemTap's order. */
  patterns(): readonly string[] {
    this.#admitAll();
    const found: string[] = [];
    const visit = (node: Node<Alias>, prefix: string): void => {
      const listed = node.endings.some(
        (ending) => ending.kind === 'family' && ending.family.unlisted !== true && this.#mayUse(ending),
      );
      if (listed) found.push(prefix);
      for (const edge of node.edges()) visit(edge.node, (prefix === '' ? '' : `${prefix}.`) + edgeText(edge));
    };
    visit(this.#root, '');
    return found;
  }

  #admit(root: string): void {
    for (const { pattern, family } of this.#waiting.get(root) ?? []) {
      let node = this.#root;
      for (const { name, argument } of parsePattern(pattern)) node = node.ensureChild(name, argument);
      node.endings.push({ kind: 'family', family });
    }
    this.#waiting.delete(root);
    const addMore = this.#deferred.get(root);
    this.#deferred.delete(root);
    addMore?.();
  }

  #admitAll(): void {
    for (const root of [...this.#waiting.keys(), ...this.#deferred.keys()]) this.#admit(root);
  }

  #mayUse(ending: Ending<Alias>): boolean {
    return this.#privileged || ending.kind === 'alias' || ending.family.unprivileged;
  }

  #find(node: Node<Alias>, point: ProbePoint, position: number, builder: PointBuilder<Alias>): void {
    const component = point.components[position];
    if (component === undefined) this.#end(node, point, builder);
    else if (component.name.includes('**')) this.#findDoubleWildcard(node, point, position, builder);
    else if (component.name.includes('*')) this.#findWildcard(node, point, position, builder);
    else this.#findLiteral(node, point, position, builder);
  }

  #end(node: Node<Alias>, point: ProbePoint, builder: PointBuilder<Alias>): void {
    const last = componentToken(componentAt(point, point.components.length - 1));
    const endings = node.endings.length === 0 && node.rest !== undefined ? [node.rest] : node.endings;
    if (endings.length === 0) {
      const follow = node.edges().map((edge) => ` ${edgeText(edge)}`);
      throw pointError('probe-point-truncated', `probe point truncated (follow: ${follow.join('')})`, last);
    }
    if (!endings.some((ending) => this.#mayUse(ending)))
      throw pointError('probe-point-privilege', 'probe point is not allowed for --privilege=stapusr', last);
    for (const ending of endings) builder.build(ending, point);
  }

  #findLiteral(node: Node<Alias>, point: ProbePoint, position: number, builder: PointBuilder<Alias>): void {
    const component = componentAt(point, position);
    const child = node.child(component.name, argumentKind(component));
    if (child !== undefined) {
      this.#find(child, point, position + 1, builder);
      return;
    }
    const before = builder.count();
    this.#trySuffix(node, point, position, builder);
    if (builder.count() > before || point.optional) return;
    if (node.rest !== undefined) {
      builder.build(node.rest, point);
      return;
    }
    // The suggestions are all the names there are.
    this.#admitAll();
    throw mismatch(node, component, 'probe point mismatch');
  }

  #findWildcard(node: Node<Alias>, point: ProbePoint, position: number, builder: PointBuilder<Alias>): void {
    const component = componentAt(point, position);
    const matches = wildcardMatcher(component.name);
    const before = builder.count();
    let unsupported: DiagnosticError | undefined;
    for (const edge of node.edges()) {
      if (edge.argument !== argumentKind(component) || !matches(edge.name)) continue;
      builder.wildcardMatched?.(component.name, edge.name);
      const expanded = replaceComponents(point, position, [{ ...component, name: edge.name }]);
      const error = attempt(() => this.#find(edge.node, expanded, position + 1, builder));
      unsupported ??= onlyUnsupported(error);
    }
    if (builder.count() === before) this.#trySuffix(node, point, position, builder);
    if (builder.count() > before || point.optional) return;
    if (node.rest !== undefined) builder.build(node.rest, point);
    if (unsupported !== undefined) throw unsupported;
    throw mismatch(node, component, "probe point mismatch: didn't find any wildcard matches");
  }

  /** `foo**bar` is `foo*bar` and `foo*.**bar`. */
  #findDoubleWildcard(
    node: Node<Alias>,
    point: ProbePoint,
    position: number,
    builder: PointBuilder<Alias>,
  ): void {
    const component = componentAt(point, position);
    const [, prefix = '', suffix = ''] = /^(.*?)\*\*+(.*)$/s.exec(component.name) ?? [];
    const before = builder.count();
    const { token } = component;
    const within = replaceComponents(point, position, [{ ...component, name: `${prefix}*${suffix}` }]);
    const across = replaceComponents(point, position, [
      { name: `${prefix}*`, token },
      { ...component, name: `**${suffix}` },
    ]);
    const errors = [within, across].map((candidate) =>
      attempt(() => this.#find(node, candidate, position, builder)),
    );
    if (builder.count() > before || point.optional) return;
    const unsupported = errors.map(onlyUnsupported).find((error) => error !== undefined);
    if (unsupported !== undefined) throw unsupported;
    throw mismatch(node, component, "probe point mismatch: didn't find any wildcard matches");
  }

  /** The components so far may be an alias; what remains is then a suffix of the points behind it. */
  #trySuffix(node: Node<Alias>, point: ProbePoint, position: number, builder: PointBuilder<Alias>): void {
    const token = componentToken(componentAt(point, position));
    if (!this.#aliasSuffixes) return;
    for (const ending of node.endings) {
      try {
        if (ending.kind === 'family') throw pointError('invalid-suffix', 'invalid suffix for probe', token);
        builder.buildWithSuffix(ending.alias, point, position);
      } catch (error) {
        if (!(error instanceof DiagnosticError)) throw error;
        if (point.optional) continue;
        throw pointError(error.diagnostic.code, error.diagnostic.message, token);
      }
    }
  }
}

function mismatch(node: Node<unknown>, component: ProbePointComponent, message: string): DiagnosticError {
  const names = node.edges().map((edge) => edge.name);
  const similar = similarNames(component.name.replaceAll('*', ''), names);
  return pointError(
    'probe-point-mismatch',
    similar === '' ? message : `${message} (similar: ${similar})`,
    componentToken(component),
  );
}

function attempt(action: () => void): DiagnosticError | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    if (error instanceof DiagnosticError) return error;
    throw error;
  }
}

function onlyUnsupported(error: DiagnosticError | undefined): DiagnosticError | undefined {
  return error?.diagnostic.code === UNSUPPORTED_FAMILY ? error : undefined;
}

function componentAt(point: ProbePoint, position: number): ProbePointComponent {
  const component = point.components[position];
  if (component === undefined) throw new RangeError('no such component');
  return component;
}

function argumentKind(component: ProbePointComponent): ArgumentKind {
  return component.argument?.kind ?? 'none';
}

function edgeText(edge: { readonly name: string; readonly argument: ArgumentKind }): string {
  return edge.argument === 'none' ? edge.name : `${edge.name}(${edge.argument})`;
}

function replaceComponents(
  point: ProbePoint,
  position: number,
  components: readonly ProbePointComponent[],
): ProbePoint {
  return { ...point, components: point.components.toSpliced(position, 1, ...components) };
}

/** Tests a component name against a pattern in which `*` stands for any characters. */
export function wildcardMatcher(pattern: string): (name: string) => boolean {
  const escaped = pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/\*+/g, '.*');
  const regex = new RegExp(`^${escaped}$`, 's');
  return (name) => regex.test(name);
}

function parsePattern(pattern: string): readonly { name: string; argument: ArgumentKind }[] {
  return pattern.split('.').map((part) => {
    const [name = part, argument] = part.split('(');
    if (argument === undefined) return { name, argument: 'none' };
    return { name, argument: argument.startsWith('number') ? 'number' : 'string' };
  });
}
