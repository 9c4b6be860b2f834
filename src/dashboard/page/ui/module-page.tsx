import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { ApiReload } from '../../api.ts';
import type { Route, Section } from '../route.ts';
import { ApiFailure, modulePath } from './api-client.ts';
import { ConfirmDialog } from './dialog.tsx';
import { FilesSection } from './files-section.tsx';
import { OutputSection } from './output-section.tsx';
import { OverviewSection } from './overview-section.tsx';
import { failureText, useAction, usePage } from './page-context.ts';
import { ProbesSection } from './probes-section.tsx';
import { SourceSection } from './source-section.tsx';
import { Tabs } from './tabs.tsx';

/** One module: its name and state, what can be done with it, its sections. */
export function ModulePage(props: {
  readonly route: Route;
  readonly go: (route: Route) => void;
}): JSX.Element {
  const { session, module, readOnly } = usePage();
  const { state } = session;
  const show = (section: Section, file?: string): void => props.go({ module, section, file });
  const { section } = props.route;
  return (
    <>
      <header class="module-header">
        <h1>{module}</h1>
        <StateBadge />
        <span class="script">{state?.script}</span>
        {!readOnly && <ModuleActions onWrongScript={() => show('source')} />}
      </header>
      {session.isMissing && <p class="problem">No module of this name is running.</p>}
      <Tabs
        section={section}
        counts={{
          files: state?.files.length,
          probes: state?.probes.length,
          source: session.findings.length || undefined,
        }}
        onSection={(wanted) => show(wanted)}
      >
        {section === 'output' && <OutputSection />}
        {section === 'source' && <SourceSection />}
        {state === undefined && section !== 'output' && section !== 'source' && !session.isMissing && (
          <p class="hint">Waiting for the module …</p>
        )}
        {state !== undefined && section === 'overview' && <OverviewSection state={state} />}
        {state !== undefined && section === 'files' && (
          <FilesSection state={state} selected={props.route.file} onSelect={(path) => show('files', path)} />
        )}
        {state !== undefined && section === 'probes' && <ProbesSection state={state} />}
      </Tabs>
    </>
  );
}

function StateBadge(): JSX.Element | null {
  const { session } = usePage();
  const { state } = session;
  if (session.hasEnded) return <span class="badge ended">ended</span>;
  if (state === undefined) return null;
  return <span class={`badge ${state.state}`}>{state.state}</span>;
}

function ModuleActions(props: { readonly onWrongScript: () => void }): JSX.Element {
  const { session, module, say } = usePage();
  const act = useAction();
  const [asks, setAsks] = useState(false);
  const [isReloading, setReloading] = useState(false);
  const reload = async (): Promise<void> => {
    setReloading(true);
    try {
      const path = modulePath(module, 'reload');
      const { kept, dropped } = await session.client.json<ApiReload>(path, { method: 'POST' });
      session.setDiagnostics([]);
      await session.loadSources();
      say('done', reloadText(kept, dropped));
    } catch (error) {
      say('failed', failureText(error));
      if (error instanceof ApiFailure && error.diagnostics.length > 0) {
        session.setDiagnostics(error.diagnostics);
        props.onWrongScript();
      }
    }
    setReloading(false);
  };
  const stop = (): void =>
    void act('The module ends.', () => session.client.fetch(modulePath(module, 'stop'), { method: 'POST' }));
  return (
    <div class="buttons">
      <button
        type="button"
        aria-keyshortcuts="r"
        disabled={isReloading || session.hasEnded}
        onClick={() => void reload()}
      >
        {isReloading ? 'Reloading …' : 'Reload script'}
      </button>
      <button type="button" class="danger" disabled={session.hasEnded} onClick={() => setAsks(true)}>
        Stop …
      </button>
      {asks && (
        <ConfirmDialog
          title={`Stop ${module}?`}
          text="Its end probes run, its files go away, and it cannot be started again from here."
          yes="Stop it"
          onYes={stop}
          onClose={() => setAsks(false)}
        />
      )}
    </div>
  );
}

function reloadText(kept: ApiReload['kept'], dropped: ApiReload['dropped']): string {
  const keptText = kept.length === 0 ? 'no global was kept' : `kept ${kept.join(', ')}`;
  const droppedText = dropped.map(({ name, reason }) => `${name} (${reason})`).join(', ');
  return `Reloaded: ${keptText}${droppedText === '' ? '' : `; not kept: ${droppedText}`}.`;
}
