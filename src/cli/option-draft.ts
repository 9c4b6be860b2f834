import type { StapOptions } from '../session/stap-options.ts';

/** The options while the command line is read, with what only the final checks ask for. */
export type OptionDraft = { -readonly [Key in keyof StapOptions]: StapOptions[Key] } & {
  passGiven: boolean;
  scriptGiven: boolean;
  example: boolean;
  diagnosticsGiven: boolean;
};

/** What holds when no option is given. */
export function emptyDraft(): OptionDraft {
  return {
    lastPass: 5,
    verbosity: [0, 0, 0, 0, 0],
    script: undefined,
    additionalScripts: [],
    scriptArguments: [],
    listing: undefined,
    includeDirectories: [],
    definitions: [],
    globals: [],
    unoptimized: false,
    guru: false,
    suppressWarnings: false,
    warningsAsErrors: false,
    timing: false,
    skipBadVariables: false,
    suppressHandlerErrors: false,
    suppressTimeLimits: false,
    keepGoing: false,
    globalDisplay: true,
    checkVersion: false,
    compatible: undefined,
    privilege: undefined,
    kernelRelease: undefined,
    architecture: undefined,
    moduleName: undefined,
    procfsRoot: undefined,
    procfsMethod: 'auto',
    procfsGroup: undefined,
    outputFile: undefined,
    outputRotation: undefined,
    flightRecorder: false,
    bufferSizeMb: undefined,
    command: undefined,
    targetPid: undefined,
    timeoutMs: undefined,
    monitorIntervalMs: undefined,
    publishing: {
      metrics: undefined,
      dashboard: undefined,
      otlp: undefined,
      tokenFile: undefined,
      readOnly: false,
    },
    color: 'auto',
    diagnosticsFormat: 'text',
    outputFormat: 'text',
    jsonFiles: false,
    scriptCache: 'on',
    resourceLimits: [],
    passGiven: false,
    scriptGiven: false,
    example: false,
    diagnosticsGiven: false,
  };
}
