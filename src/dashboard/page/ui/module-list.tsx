import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { ApiModule } from '../../api.ts';
import { formatDuration } from '../number-format.ts';
import { fragmentOf } from '../route.ts';
import { usePage, useTick } from './page-context.ts';

/** All modules that run. */
export function ModuleList(props: { readonly selected: string | undefined }): JSX.Element {
  const { session } = usePage();
  const [search, setSearch] = useState('');
  useTick(1000);
  const modules = session.modules.filter(({ name, script }) =>
    `${name} ${script}`.toLowerCase().includes(search.toLowerCase()),
  );
  return (
    <nav class="modules" aria-label="Modules">
      <h2>
        Modules <span class="count">{session.modules.length}</span>
      </h2>
      {session.modules.length > 6 && (
        <input
          type="search"
          aria-label="Search modules"
          placeholder="Search"
          value={search}
          onInput={(event) => setSearch(event.currentTarget.value)}
        />
      )}
      {session.modules.length === 0 && <p class="hint">None is running.</p>}
      <ul>
        {modules.map((module) => (
          <Item
            key={`${module.name} ${module.uid}`}
            module={module}
            isSelected={module.name === props.selected}
            nowMs={session.nowMs()}
          />
        ))}
      </ul>
    </nav>
  );
}

function Item(props: {
  readonly module: ApiModule;
  readonly isSelected: boolean;
  readonly nowMs: number;
}): JSX.Element {
  const { module } = props;
  const facts = (
    <>
      <span class="name">{module.name}</span>
      <span class="hint">
        {module.state === 'running' ? formatDuration(props.nowMs - module.startedAtMs) : module.state}
        {module.canAsk ? '' : `, of user ${module.uid}`}
      </span>
      <span class="script hint">{module.script}</span>
    </>
  );
  if (!module.canAsk) return <li class="other">{facts}</li>;
  const href = fragmentOf({ module: module.name, section: 'overview', file: undefined });
  return (
    <li>
      <a href={href} aria-current={props.isSelected ? 'page' : undefined}>
        {facts}
      </a>
    </li>
  );
}
