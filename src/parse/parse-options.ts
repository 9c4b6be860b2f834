import type { MacroTable } from './macro-table.ts';

/** What `%( … %)` conditions can ask about; see stap(1), CONDITIONAL COMPILATION. */
export interface ConditionFacts {
  /** Full `uname -r`. */
  readonly kernelRelease: string;
  /** Kernel-style name, `x86_64`, `arm64`. */
  readonly architecture: string;
  readonly runtime: string;
  /** Our own version, `5.6`. Conditions on `systemtap_v` see `compatible`. */
  readonly systemtapVersion: string;
  readonly privilege: 'stapdev' | 'stapsys' | 'stapusr';
  /** Value of a kernel configuration setting (`y`, `m`, text without quotes); empty when not set. */
  readonly kernelConfig: (name: string) => string;
}

/** Everything besides the text that decides how a file parses. */
export interface ParseOptions {
  /** -g: embedded code and a few operators are allowed. */
  readonly guru: boolean;
  /** A library file: allowed what guru mode allows, whatever the user's mode. */
  readonly privileged: boolean;
  /** `--compatible` version. */
  readonly compatible: string;
  readonly scriptArguments: readonly string[];
  /** Called with the 1-based number of each script argument that is referenced. */
  readonly onArgumentUsed?: (number: number) => void;
  /** Only looked up by name, so that a table may read its files when they are needed. */
  readonly libraryMacros: Pick<MacroTable, 'get'>;
  readonly facts: ConditionFacts;
}

/** Options for an unprivileged script at the newest language level, with the given ones laid over. */
export function parseOptions(given: Partial<ParseOptions> = {}): ParseOptions {
  return {
    guru: false,
    privileged: false,
    compatible: '5.6',
    scriptArguments: [],
    libraryMacros: new Map(),
    facts: {
      kernelRelease: '',
      architecture: '',
      runtime: 'kernel',
      systemtapVersion: '5.6',
      privilege: 'stapdev',
      kernelConfig: () => '',
    },
    ...given,
  };
}
