/**
 * How the fixtures in tests/fixtures/lang-golden (runs of SystemTap 4.8) differ from what this program must print:
 * lines that depend on the machine or the moment, and rules that changed up to SystemTap 5.6.
 */

/** One documented change of an expected stream: `from` must occur in the golden text and becomes `to`. */
export interface Change {
  readonly stream: 'stdout' | 'stderr';
  readonly from: string;
  readonly to: string;
  readonly reason: string;
}

/** Applied to expected and actual text alike: what stays variable gets a fixed name. */
export interface Mask {
  readonly stream: 'stdout' | 'stderr';
  readonly pattern: RegExp;
  readonly replacement: string;
  readonly reason: string;
}

export interface Adjustment {
  readonly changes?: readonly Change[];
  readonly masks?: readonly Mask[];
  /** Options of stap besides those the script's first line names. */
  readonly flags?: readonly string[];
  /** Standard error is not compared; says why. */
  readonly stderrNotCompared?: string;
}

/** SystemTap 5.6 says in which probe an error happened, and how the failing function was reached. */
const LOCATED = 'errors tell the probe and the calls since 5.6';
/** SystemTap 5.6 merges probes of equal text. */
const MERGED = 'probes of equal text are one handler since 5.6';

const MERGED_ERROR: Mask = {
  stream: 'stderr',
  pattern: /^(ERROR: (?:in end|ed)).*$/m,
  replacement: '$1',
  reason: 'the error of a merged handler is raised after its last body, at no place of the script',
};

const stderrChange = (from: string, to: string, reason = LOCATED): Change => ({
  stream: 'stderr',
  from,
  to,
  reason,
});
const stdoutChange = (from: string, to: string, reason: string): Change => ({
  stream: 'stdout',
  from,
  to,
  reason,
});

export const adjustments: Readonly<Record<string, Adjustment>> = {
  'a01-arith': {
    changes: [
      stdoutChange(
        'scmp 1 0 1 1 0',
        'scmp 1 0 1 1 1',
        'literals are decoded before they are compared: "\\xff" sorts after "a" like the same text in a variable',
      ),
    ],
  },
  'a04-arrays': {
    changes: [
      stdoutChange(
        'c=3 b=2 \n',
        'b=2 c=3 \n',
        'equal counts of a statistics array: no order upstream, here that of insertion',
      ),
    ],
  },
  'a06-session': {
    changes: [stdoutChange('e0\n', 'e0\ne0b\n', MERGED)],
    masks: [MERGED_ERROR],
  },
  'a07-err-div': {
    changes: [
      stderrChange(
        "near operator '/' at a07-err-div.stp:2:31\n",
        "near operator '/' at a07-err-div.stp:2:31 (called from identifier 'inner' at a07-err-div.stp:3:28) (called from identifier 'outer' at a07-err-div.stp:4:48) in probe begin\n",
      ),
    ],
  },
  'a08-err-call': {
    changes: [
      stderrChange(
        'ERROR: custom: msg\n',
        "ERROR: custom: msg near identifier 'error' at a08-err-call.stp:1:16 (called from identifier 'g' at a08-err-call.stp:2:33) in probe begin\n",
      ),
      stderrChange(
        'ERROR: second\n',
        "ERROR: second near identifier 'error' at a08-err-call.stp:3:32 in probe error\n",
      ),
    ],
  },
  'a09-err-misc': {
    changes: [stderrChange('a09-err-misc.stp:28:32\n', 'a09-err-misc.stp:28:32 in probe begin\n')],
  },
  'a12-regex': {
    changes: [
      stdoutChange(
        'p=0\n',
        'p=1 0[world] 1[ld]\n',
        '(?: ) groups without remembering; upstream takes the colon as text',
      ),
      stdoutChange(
        'A=1 0[ab] 1[] 2[ab] 3[]\n',
        'A=1 0[ab] 1[a] 2[] 3[b]\n',
        'nested ambiguous stars: the first group takes what it can',
      ),
    ],
  },
  'a13-tapset': {
    masks: [
      {
        stream: 'stdout',
        pattern: /132=\S* 133=\S* (134= .*)\n.*\n/,
        replacement: '132= 133= $1\n\n',
        reason: 'names of the errors 132, 133 and 512 to 531 are known since 5.x',
      },
      {
        stream: 'stdout',
        pattern: /^\d+1{3}\d+ \S+ \S+ 0$/m,
        replacement: 'PROCESS LINE',
        reason: 'processor, ids and names of the running processes',
      },
      {
        stream: 'stdout',
        pattern: /^\S+ 1 0 \|$/m,
        replacement: 'MODULE LINE',
        reason: 'name of the module',
      },
    ],
  },
  'a14-indent': {
    masks: [
      {
        stream: 'stdout',
        pattern: /\[ +\d+ [^(]+\(\d+\):\]/,
        replacement: '[TIME NAME(TID):]',
        reason: 'time, name and number of the thread',
      },
    ],
  },
  'a15-alias': {
    changes: [
      stdoutChange(
        'wild al.one begin(1)\none5 begin(1) al.one\n6one\nepi two 9\n',
        'one5 begin(1) al.one\n6one\nepi two 9\nwild al.one begin(1)\n',
        'more than 16 begin probes: equal priorities stay in order of declaration',
      ),
    ],
  },
  'a17-misc': {
    changes: [stdoutChange('u0\n', 'u1\n', 'a variable is defined, as stap(1) says of @defined')],
  },
  'a19-timer': {
    masks: [{ stream: 'stdout', pattern: /last=\d+/, replacement: 'last=TIME', reason: 'time of day' }],
  },
  'a20-err-many': {
    flags: ['-DMAXERRORS=2'],
    changes: [1, 3, 5].map((tick) =>
      stderrChange(
        `ERROR: tick ${tick}\n`,
        `ERROR: tick ${tick} near identifier 'error' at a20-err-many.stp:2:58 in probe timer.ms(100)\n`,
      ),
    ),
  },
  'a21-json-like': {
    masks: [{ stream: 'stdout', pattern: /^q2: .*$/m, replacement: 'q2: NUMBERS', reason: 'elapsed time' }],
  },
  'a22-dedupe': {
    changes: [
      stdoutChange('A\nB\nerror\n', 'A\nB\nC\nD\nerror\n', MERGED),
      stderrChange('ERROR: eb\n', 'ERROR: ed\n', MERGED),
    ],
    masks: [MERGED_ERROR],
  },
  'b03-strings2': {
    changes: [
      stdoutChange('lit 0 0 0\n', 'lit 1 1 1\n', 'literals are decoded before they are compared'),
      stdoutChange('nul 1 0\n', 'nul 1 1\n', 'literals are compared as strings are: up to the first NUL'),
    ],
  },
  'b05-ties': {
    masks: [
      {
        stream: 'stdout',
        pattern: /^stats:.*$/m,
        replacement: 'stats: IN SOME ORDER',
        reason: 'statistics arrays have no order upstream; here that of insertion',
      },
      {
        stream: 'stdout',
        pattern: /^stats-:.*$/m,
        replacement: 'stats-: TIES IN SOME ORDER',
        reason: 'equal counts follow the unspecified order',
      },
    ],
  },
  'b07-actions': {
    changes: [
      stderrChange('b07-actions.stp:4:35\n', 'b07-actions.stp:4:35 in probe begin(1)\n'),
      stderrChange('b07-actions.stp:5:56\n', 'b07-actions.stp:5:56 in probe begin(2)\n'),
      stderrChange('b07-actions.stp:6:55\n', 'b07-actions.stp:6:55 in probe begin(3)\n'),
      stderrChange(
        'b07-actions.stp:3:10\n',
        "b07-actions.stp:3:10 (called from identifier 'f' at b07-actions.stp:7:58) in probe begin(4)\n",
      ),
      stderrChange('b07-actions.stp:8:46\n', 'b07-actions.stp:8:46 in probe begin(5)\n'),
      stderrChange('b07-actions.stp:9:114\n', 'b07-actions.stp:9:114 in probe begin(6)\n'),
      stderrChange('b07-actions.stp:10:59\n', 'b07-actions.stp:10:59 in probe begin(7)\n'),
      stderrChange('b07-actions.stp:11:60\n', 'b07-actions.stp:11:60 in probe begin(8)\n'),
    ],
  },
  'b08-errloc': {
    stderrNotCompared:
      'library functions stand at other lines of other files; tests/conformance/records/session.txt has these texts',
  },
  'c01-alias2': {
    changes: [
      stdoutChange(
        'pw 0\nstar 5 p.e begin(4)\npw 0\npw 0\n',
        'pw 0\nstar 5 p.e begin(4)\npw 1\npw 0\n',
        '@probewrite is evaluated for each use of the alias since 5.6',
      ),
    ],
  },
};
