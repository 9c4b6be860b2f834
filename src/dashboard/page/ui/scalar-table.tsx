import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ApiGlobal } from '../../api.ts';
import { formatValue, plainValue } from '../number-format.ts';
import { plottedValue } from '../value-history.ts';
import { modulePath } from './api-client.ts';
import { useAction, usePage } from './page-context.ts';
import { Plot } from './plot.tsx';
import { Sparkline } from './sparkline.tsx';

/** Points of a sparkline: two minutes. */
const SPARKLINE_POINTS = 120;

/** Globals that are one value: numbers with their history, texts; those marked are plotted. */
export function ScalarTable(props: { readonly scalars: readonly ApiGlobal[] }): JSX.Element {
  const { session, readOnly } = usePage();
  const numbers = props.scalars.filter(
    ({ value }) => value !== undefined && plottedValue(value) !== undefined,
  );
  const [chosen, setChosen] = useState<readonly string[]>();
  const [isRate, setRate] = useState(false);
  const names = (chosen ?? numbers.slice(0, 1).map(({ name }) => name)).filter((name) =>
    numbers.some((one) => one.name === name),
  );
  const toggle = (name: string): void =>
    setChosen(names.includes(name) ? names.filter((one) => one !== name) : [...names, name]);
  const columns = isRate ? session.history.rates(names) : session.history.columns(names);
  return (
    <section>
      <h2>Values</h2>
      <div class="scroll" role="region" aria-label="Values" tabIndex={0}>
        <table class="scalars">
          <thead>
            <tr>
              <th scope="col">Plot</th>
              <th scope="col">Global</th>
              <th scope="col" class="number">
                Value
              </th>
              <th scope="col">
                <span class="unseen">Last minutes</span>
              </th>
              {!readOnly && (
                <th scope="col">
                  <span class="unseen">Change</span>
                </th>
              )}
            </tr>
          </thead>
          <tbody>
            {props.scalars.map((scalar) => (
              <ScalarRow
                key={scalar.name}
                scalar={scalar}
                isPlotted={names.includes(scalar.name)}
                onPlot={numbers.includes(scalar) ? () => toggle(scalar.name) : undefined}
              />
            ))}
          </tbody>
        </table>
      </div>
      {names.length > 0 && (
        <>
          <label class="check">
            <input
              type="checkbox"
              checked={isRate}
              onChange={(event) => setRate(event.currentTarget.checked)}
            />
            Growth per second
          </label>
          <Plot
            title={names.join(', ')}
            names={names}
            columns={columns}
            unit={isRate ? 'per second' : 'value'}
          />
        </>
      )}
    </section>
  );
}

function ScalarRow(props: {
  readonly scalar: ApiGlobal;
  readonly isPlotted: boolean;
  readonly onPlot: (() => void) | undefined;
}): JSX.Element {
  const { session, readOnly } = usePage();
  const [isEdited, setEdited] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const wasEdited = useRef(false);
  useEffect(() => {
    if (wasEdited.current && !isEdited) button.current?.focus();
    wasEdited.current = isEdited;
  }, [isEdited]);
  const { name, value = '', documentation, onlyGrows, type } = props.scalar;
  return (
    <tr>
      <td>
        {props.onPlot !== undefined && (
          <input
            type="checkbox"
            aria-label={`Plot ${name}`}
            checked={props.isPlotted}
            onChange={props.onPlot}
          />
        )}
      </td>
      <th scope="row">
        <code>{name}</code>
        {onlyGrows && <span class="badge">counter</span>}
        {documentation !== undefined && <span class="hint documentation">{documentation}</span>}
      </th>
      {isEdited ? (
        <td colSpan={3}>
          <ValueForm name={name} value={plainValue(value)} onClose={() => setEdited(false)} />
        </td>
      ) : (
        <>
          <td class={type === 'long' ? 'number' : 'text-value'} data-global={name}>
            {formatValue(value)}
          </td>
          <td>
            <Sparkline points={session.history.points(name, SPARKLINE_POINTS)} />
          </td>
          {!readOnly && (
            <td>
              <button
                type="button"
                ref={button}
                class="small"
                aria-label={`Set ${name}`}
                onClick={() => setEdited(true)}
              >
                Set
              </button>
            </td>
          )}
        </>
      )}
    </tr>
  );
}

function ValueForm(props: {
  readonly name: string;
  readonly value: string;
  readonly onClose: () => void;
}): JSX.Element {
  const { session, module } = usePage();
  const act = useAction();
  const [value, setValue] = useState(props.value);
  const save = async (): Promise<void> => {
    const path = modulePath(module, 'globals', props.name);
    if (
      await act(`${props.name} is set.`, () => session.client.fetch(path, { method: 'PUT', body: { value } }))
    )
      props.onClose();
  };
  return (
    <form
      class="inline"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
      onKeyDown={(event) => event.key === 'Escape' && props.onClose()}
    >
      <input
        aria-label={`New value of ${props.name}`}
        value={value}
        ref={(input) => input?.focus()}
        onInput={(event) => setValue(event.currentTarget.value)}
      />
      <button type="submit" class="primary small">
        Save
      </button>
      <button type="button" class="small" onClick={props.onClose}>
        Cancel
      </button>
    </form>
  );
}
