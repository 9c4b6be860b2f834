import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { ApiSource } from '../../api.ts';
import { isInSource, type SourceFinding } from '../error-location.ts';
import { formatCount } from '../number-format.ts';
import { usePage } from './page-context.ts';

/** Lines of a source that are shown. */
const MAX_SOURCE_LINES = 5000;

/** The script's text, with what went wrong at its lines. */
export function SourceSection(): JSX.Element {
  const { session } = usePage();
  useEffect(() => {
    if (session.sources.length === 0) void session.loadSources().catch(() => undefined);
  }, []);
  return (
    <>
      {session.isReloadRefused && (
        <p class="problem">
          The script was not reloaded. Lines are those of the changed file; below is the script that still
          runs.
        </p>
      )}
      <FindingList findings={session.findings} sources={session.sources} />
      {session.sources.length === 0 && <p class="hint">The source is not known.</p>}
      {session.sources.map((source, index) => (
        <SourceText key={source.name} source={source} index={index} findings={session.findings} />
      ))}
    </>
  );
}

function lineId(index: number, line: number): string {
  return `source-${index}-${line}`;
}

function FindingList(props: {
  readonly findings: readonly SourceFinding[];
  readonly sources: readonly ApiSource[];
}): JSX.Element {
  if (props.findings.length === 0)
    return <p class="hint">No errors or warnings about lines of the script.</p>;
  const jump = (finding: SourceFinding): void => {
    const index = props.sources.findIndex(({ name }) => isInSource(finding, name));
    const element = document.getElementById(lineId(Math.max(index, 0), finding.line));
    element?.scrollIntoView({ block: 'center' });
    element?.focus();
  };
  return (
    <section aria-label="Errors and warnings">
      <ul class="findings">
        {props.findings.map((finding, index) => (
          <li key={index} class={finding.severity}>
            <span class="mark">{finding.severity}</span>
            <button type="button" class="link" onClick={() => jump(finding)}>
              {finding.file}:{finding.line}
              {finding.column === undefined ? '' : `:${finding.column}`}
            </button>{' '}
            {finding.message}
            {finding.count > 1 && <span class="hint"> ({formatCount(finding.count)} times)</span>}
          </li>
        ))}
      </ul>
    </section>
  );
}

function SourceText(props: {
  readonly source: ApiSource;
  readonly index: number;
  readonly findings: readonly SourceFinding[];
}): JSX.Element {
  const { source, index } = props;
  const findings = props.findings.filter((finding) => isInSource(finding, source.name));
  const lines = source.text.replace(/\n$/, '').split('\n');
  return (
    <section>
      <h2>
        <code>{source.name}</code>
      </h2>
      <div class="scroll source" role="region" aria-label={`Source ${source.name}`} tabIndex={0}>
        <ol>
          {lines.slice(0, MAX_SOURCE_LINES).map((text, position) => (
            <SourceLine
              key={position}
              id={lineId(index, position + 1)}
              number={position + 1}
              text={text}
              findings={findings.filter(({ line }) => line === position + 1)}
            />
          ))}
        </ol>
      </div>
      {lines.length > MAX_SOURCE_LINES && (
        <p class="hint">
          The first {formatCount(MAX_SOURCE_LINES)} of {formatCount(lines.length)} lines.
        </p>
      )}
    </section>
  );
}

function SourceLine(props: {
  readonly id: string;
  readonly number: number;
  readonly text: string;
  readonly findings: readonly SourceFinding[];
}): JSX.Element {
  const { findings } = props;
  const severity = findings.some((one) => one.severity === 'error')
    ? 'error'
    : findings.length > 0
      ? 'warning'
      : undefined;
  return (
    <li id={props.id} class={severity} tabIndex={severity === undefined ? undefined : -1}>
      <span class="line-number" aria-hidden="true">
        {props.number}
      </span>
      <code>{props.text}</code>
      {findings.map((finding, index) => (
        <span key={index} class="finding">
          {finding.severity}: {finding.message}
        </span>
      ))}
    </li>
  );
}
