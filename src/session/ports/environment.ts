/** Variables as a process sees them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What would change how a shell reads a command; staprun takes them away as well. */
const SHELL_VARIABLES = ['IFS', 'CDPATH', 'ENV', 'BASH_ENV'];

/**
 * Environment of the command of -c and of those of system(): ours without what disturbs shells, with SYSTEMTAP_MODULE
 * (the name the module runs under) and SYSTEMTAP_VERBOSE; see staprun(8).
 */
export function childEnvironment(environment: Environment, moduleName: string): Environment {
  const kept = Object.entries(environment).filter(([name]) => !SHELL_VARIABLES.includes(name));
  return { SYSTEMTAP_VERBOSE: '0', ...Object.fromEntries(kept), SYSTEMTAP_MODULE: moduleName };
}
