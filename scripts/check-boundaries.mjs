// Checks the import directions of src: `node scripts/check-boundaries.mjs`.
// Three checks, because a checker that silently sees nothing is worse than none: the rules hold; every module
// under src was seen; each rule still reports a violation planted in a scratch project.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cruise } from 'dependency-cruiser';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const require = createRequire(import.meta.url);
const configuration = require(join(root, '.dependency-cruiser.cjs'));

/** What each rule must report: file -> text, planted one per rule. */
const PLANTS = {
  'source-int64-module-elf-btf-imports-nothing-higher': {
    'src/int64/planted.ts': "import { target } from '../parse/target.ts';\nexport const planted = target;\n",
    'src/parse/target.ts': 'export const target = 1;\n',
  },
  'diagnostic-ast-imports-nothing-higher': {
    'src/ast/planted.ts':
      "import type { Target } from '../semantic/target.ts';\nexport type Planted = Target;\n",
    'src/semantic/target.ts': 'export type Target = 1;\n',
  },
  'parse-tapset-imports-nothing-higher': {
    'src/parse/planted.ts': "import { target } from '../probes/target.ts';\nexport const planted = target;\n",
    'src/probes/target.ts': 'export const target = 1;\n',
  },
  'probes-imports-nothing-higher': {
    'src/probes/planted.ts':
      "import { target } from '../semantic/target.ts';\nexport const planted = target;\n",
    'src/semantic/target.ts': 'export const target = 1;\n',
  },
  'semantic-imports-nothing-higher': {
    'src/semantic/planted.ts':
      "import { target } from '../translate/target.ts';\nexport const planted = target;\n",
    'src/translate/target.ts': 'export const target = 1;\n',
  },
  'translate-bpf-imports-nothing-higher': {
    'src/translate/planted.ts':
      "import { target } from '../session/target.ts';\nexport const planted = target;\n",
    'src/session/target.ts': 'export const target = 1;\n',
  },
  'runtime-knows-no-compiler': {
    'src/runtime/planted.ts': "import { target } from '../ast/target.ts';\nexport const planted = target;\n",
    'src/ast/target.ts': 'export const target = 1;\n',
  },
  'fuse-knows-no-stap': {
    'src/fuse/planted.ts': "import { target } from '../procfs/target.ts';\nexport const planted = target;\n",
    'src/procfs/target.ts': 'export const target = 1;\n',
  },
  'surroundings-know-no-compiler': {
    'src/registry/planted.ts':
      "import { target } from '../parse/target.ts';\nexport const planted = target;\n",
    'src/parse/target.ts': 'export const target = 1;\n',
  },
  'procfs-knows-no-compiler': {
    'src/procfs/planted.ts':
      "import { target } from '../semantic/target.ts';\nexport const planted = target;\n",
    'src/semantic/target.ts': 'export const target = 1;\n',
  },
  'handlers-know-no-publishing': {
    'src/session/planted.ts':
      "import { target } from '../companion/target.ts';\nexport const planted = target;\n",
    'src/companion/target.ts': 'export const target = 1;\n',
  },
  'web-knows-no-stap': {
    'src/web/planted.ts':
      "import type { Target } from '../control/target.ts';\nexport type Planted = Target;\n",
    'src/control/target.ts': 'export type Target = 1;\n',
  },
  'observe-asks-over-the-socket': {
    'src/observe/planted.ts':
      "import { target } from '../session/target.ts';\nexport const planted = target;\n",
    'src/session/target.ts': 'export const target = 1;\n',
  },
  'metrics-are-a-function-of-a-description': {
    'src/metrics/planted.ts': "import { hostname } from 'node:os';\nexport const planted = hostname;\n",
  },
  'metrics-know-no-server': {
    'src/metrics/planted.ts': "import { target } from '../web/target.ts';\nexport const planted = target;\n",
    'src/web/target.ts': 'export const target = 1;\n',
  },
  'dashboard-gets-the-compiler-passed-in': {
    'src/dashboard/planted.ts':
      "import { target } from '../session/target.ts';\nexport const planted = target;\n",
    'src/session/target.ts': 'export const target = 1;\n',
  },
  'page-knows-the-api-only': {
    'src/dashboard/page/planted.ts':
      "import { target } from '../../control/target.ts';\nexport const planted = target;\n",
    'src/control/target.ts': 'export const target = 1;\n',
  },
  'page-knows-no-node': {
    'src/dashboard/page/planted.ts':
      "import { readFileSync } from 'node:fs';\nexport const planted = readFileSync;\n",
  },
  'companion-and-exporter-know-no-command-line': {
    'src/companion/planted.ts':
      "import { target } from '../cli/target.ts';\nexport const planted = target;\n",
    'src/cli/target.ts': 'export const target = 1;\n',
  },
  'loader-knows-no-compiler': {
    'src/bpf/loader/planted.ts':
      "import { target } from '../plan/target.ts';\nexport const planted = target;\n",
    'src/bpf/plan/target.ts': 'export const target = 1;\n',
  },
  'symbols-know-no-program': {
    'src/symbols/planted.ts':
      "import { target } from '../semantic/target.ts';\nexport const planted = target;\n",
    'src/semantic/target.ts': 'export const target = 1;\n',
  },
  'bpf-gets-the-kernel-passed-in': {
    'src/bpf/planted.ts': "import { readFileSync } from 'node:fs';\nexport const planted = readFileSync;\n",
  },
  'session-knows-no-command-line': {
    'src/session/planted.ts': "import { target } from '../cli/target.ts';\nexport const planted = target;\n",
    'src/cli/target.ts': 'export const target = 1;\n',
  },
  'session-ports-know-no-session': {
    'src/session/ports/planted.ts':
      "import { target } from '../run/target.ts';\nexport const planted = target;\n",
    'src/session/run/target.ts': 'export const target = 1;\n',
  },
  'session-compile-runs-nothing': {
    'src/session/compile/planted.ts':
      "import { target } from '../run/target.ts';\nexport const planted = target;\n",
    'src/session/run/target.ts': 'export const target = 1;\n',
  },
  'node-only-at-the-edges': {
    'src/parse/planted.ts': "import { readFileSync } from 'node:fs';\nexport const planted = readFileSync;\n",
  },
  'testing-only-for-tests': {
    'src/parse/planted.ts': "import { target } from './testing/target.ts';\nexport const planted = target;\n",
    'src/parse/testing/target.ts': 'export const target = 1;\n',
  },
  'no-cycles': {
    'src/ast/planted.ts': "import { other } from './other.ts';\nexport const planted = () => other();\n",
    'src/ast/other.ts': "import { planted } from './planted.ts';\nexport const other = () => planted();\n",
  },
  'no-unresolved-import': {
    'src/ast/planted.ts': "import { nothing } from './missing.ts';\nexport const planted = nothing;\n",
  },
};

async function cruiseSources(baseDir) {
  const { output } = await cruise(
    ['src'],
    { ...configuration.options, ruleSet: configuration, validate: true, baseDir },
    undefined,
    { tsConfig: {} },
  );
  return output;
}

function typeScriptFiles(directory) {
  return readdirSync(directory, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(root.length + 1));
}

async function rulesReportedFor(files) {
  const scratch = mkdtempSync(join(tmpdir(), 'stap-boundaries-'));
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(scratch, path)), { recursive: true });
      writeFileSync(join(scratch, path), text);
    }
    const output = await cruiseSources(scratch);
    return new Set(output.summary.violations.map((violation) => violation.rule.name));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

const problems = [];
const real = await cruiseSources(root);
for (const { rule, from, to, cycle } of real.summary.violations)
  problems.push(`${rule.name}: ${from} -> ${cycle?.map((step) => step.name).join(' -> ') ?? to}`);

const seen = new Set(real.modules.map((module) => module.source));
const present = typeScriptFiles(join(root, 'src'));
for (const file of present) if (!seen.has(file)) problems.push(`not seen by dependency-cruiser: ${file}`);

for (const { name } of configuration.forbidden) {
  const plant = PLANTS[name];
  if (plant === undefined) problems.push(`no planted violation for rule ${name}`);
  else if (!(await rulesReportedFor(plant)).has(name))
    problems.push(`rule ${name} no longer reports its planted violation`);
}

for (const problem of problems) console.error(problem);
console.log(
  `boundaries: ${present.length} modules, ${configuration.forbidden.length} rules, ${problems.length} problems`,
);
process.exitCode = problems.length === 0 ? 0 : 1;
