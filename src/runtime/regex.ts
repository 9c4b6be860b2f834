import type { RE2JS } from 're2js';
import { parseRegex } from '../module/regex-syntax.ts';

/** A compiled regular expression: groups of the leftmost-longest match, "" for one that took no part. */
export interface CompiledRegex {
  match(text: string): string[] | undefined;
}

/** Result of compiling; the failure is the one `parseRegex` reports at compile time. */
export type RegexCompilation =
  | ({ readonly ok: true } & CompiledRegex)
  | { readonly ok: false; readonly position: number | undefined; readonly message: string };

/** Compiles patterns whose escapes are decoded. */
export type RegexCompiler = (pattern: string) => RegexCompilation;

/**
 * Loads the matcher, which takes linear time whatever the pattern. It is large, so it is loaded by name and only
 * for scripts that use `=~` or `!~`; await this once before handlers run, all matching is then synchronous.
 */
export async function loadRegexCompiler(): Promise<RegexCompiler> {
  const { RE2JS } = await import('re2js');
  const flags = RE2JS.DOTALL | RE2JS.LONGEST_MATCH | RE2JS.DISABLE_UNICODE_GROUPS;
  return (pattern) => {
    const syntax = parseRegex(pattern);
    if (!syntax.ok) return syntax;
    return { ok: true, ...matcherOf(RE2JS.compile(syntax.re2, flags), syntax.groups) };
  };
}

function matcherOf(regex: RE2JS, groups: number): CompiledRegex {
  return {
    match(text) {
      const matcher = regex.matcher(text);
      if (!matcher.find()) return undefined;
      const found: string[] = [];
      for (let group = 0; group <= groups; group += 1) found.push(matcher.group(group) ?? '');
      return found;
    },
  };
}
