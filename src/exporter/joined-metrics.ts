import { bytesOfText } from '../monitor/byte-text.ts';
import type { AutomaticMetrics } from './automatic-metrics.ts';
import type { Exposition } from './exposition.ts';
import { joinExpositions, labelPair, OWN_PREFIX } from './join-expositions.ts';
import { parseExposition } from './parse-exposition.ts';
import type { ScriptSession } from './script-session.ts';

/** Families left out that are told by name, of one script. */
const MAX_TOLD = 20;

/** What one running script gave. */
interface ScriptReading {
  readonly session: ScriptSession;
  /** Undefined: nothing could be read. */
  readonly exposition: Exposition | undefined;
  readonly seconds: number;
}

type Row = readonly [labels: Readonly<Record<string, string>>, value: number];

/** The texts of all running scripts as one, with what the exporter knows about the scripts. */
export class JoinedMetrics {
  readonly #automatic: AutomaticMetrics;
  readonly #warn: (text: string) => void;
  #warned = new Set<string>();
  #making: Promise<string> | undefined;

  constructor(automatic: AutomaticMetrics, warn: (text: string) => void) {
    this.#automatic = automatic;
    this.#warn = warn;
  }

  /** For Prometheus, text format 0.0.4. All who ask at the same time get the same text. */
  text(sessions: readonly ScriptSession[]): Promise<string> {
    this.#making ??= this.#make(sessions).finally(() => {
      this.#making = undefined;
    });
    return this.#making;
  }

  async #make(sessions: readonly ScriptSession[]): Promise<string> {
    const running = sessions.filter(({ isRunning }) => isRunning);
    const readings = await Promise.all(running.map((session) => this.#read(session)));
    const { text, conflicts } = joinExpositions(
      readings.flatMap(({ session, exposition }) =>
        exposition === undefined ? [] : [{ script: session.name, exposition }],
      ),
    );
    this.#tell(conflicts);
    return text + ownText(sessions, readings, conflicts);
  }

  async #read(session: ScriptSession): Promise<ScriptReading> {
    const startMs = performance.now();
    const exposition = await this.#exposition(session);
    return { session, exposition, seconds: (performance.now() - startMs) / 1000 };
  }

  async #exposition(session: ScriptSession): Promise<Exposition | undefined> {
    const text = await session.read();
    switch (text.kind) {
      case 'text':
        return parseExposition(text.bytes.toString('latin1'));
      case 'missing':
        return this.#automatic(session.moduleName);
      case 'failed':
        return undefined;
    }
  }

  /** Once for each family, until it is in order again. */
  #tell(conflicts: ReadonlyMap<string, readonly string[]>): void {
    const now = new Set<string>();
    for (const [script, families] of conflicts) {
      for (const family of families.slice(0, MAX_TOLD)) {
        const text = `${script}: the family ${family} is left out of /metrics: the name is used for something else`;
        now.add(text);
        if (!this.#warned.has(text)) this.#warn(text);
      }
    }
    this.#warned = now;
  }
}

function ownText(
  sessions: readonly ScriptSession[],
  readings: readonly ScriptReading[],
  conflicts: ReadonlyMap<string, readonly string[]>,
): string {
  return [...sessionTexts(sessions, readings), ...readingTexts(readings, conflicts)].join('');
}

/** About all scripts, those that do not run, too. */
function sessionTexts(
  sessions: readonly ScriptSession[],
  readings: readonly ScriptReading[],
): readonly string[] {
  const upNames = new Set(
    readings.filter(({ exposition }) => exposition !== undefined).map(({ session }) => session.name),
  );
  const rows = (value: (session: ScriptSession) => number): Row[] =>
    sessions.map((session) => [{ script: session.name }, value(session)]);
  const up = rows(({ name }) => (upNames.has(name) ? 1 : 0));
  const running = rows(({ isRunning }) => (isRunning ? 1 : 0));
  const starts = rows((session) => session.starts);
  return [
    familyText('script_up', 'gauge', 'Whether the script runs and its metrics could be read.', up),
    familyText('script_running', 'gauge', 'Whether the script runs.', running),
    familyText('script_starts_total', 'counter', 'How often the script was started.', starts),
  ];
}

/** About the scripts that were read. */
function readingTexts(
  readings: readonly ScriptReading[],
  conflicts: ReadonlyMap<string, readonly string[]>,
): readonly string[] {
  const rows = (value: (reading: ScriptReading) => number): Row[] =>
    readings.map((reading) => [{ script: reading.session.name }, value(reading)]);
  const seconds = rows((reading) => reading.seconds);
  const lines = rows(({ exposition }) => exposition?.linesLeftOut ?? 0);
  const families = rows(({ session }) => conflicts.get(session.name)?.length ?? 0);
  const told = [...conflicts].flatMap(([script, names]) =>
    names.slice(0, MAX_TOLD).map((family): Row => [{ script, family }, 1]),
  );
  return [
    familyText('script_read_seconds', 'gauge', 'How long reading the metrics of the script took.', seconds),
    familyText(
      'script_lines_left_out',
      'gauge',
      'Lines of the script that are malformed or come twice.',
      lines,
    ),
    familyText('script_families_left_out', 'gauge', 'Families of the script that are left out.', families),
    familyText('family_left_out', 'gauge', 'Family left out because its name means something else.', told),
  ];
}

function familyText(name: string, type: string, help: string, rows: readonly Row[]): string {
  if (rows.length === 0) return '';
  const lines = rows.map(([labels, value]) => {
    const pairs = Object.entries(labels).map(([label, text]) => labelPair([label, bytesOfText(text)]));
    return `${OWN_PREFIX}${name}{${pairs.join(',')}} ${value}\n`;
  });
  return `# HELP ${OWN_PREFIX}${name} ${help}\n# TYPE ${OWN_PREFIX}${name} ${type}\n${lines.join('')}`;
}
