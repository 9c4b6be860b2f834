import type { ComponentChildren, JSX } from 'preact';
import { useRef } from 'preact/hooks';
import { SECTIONS, type Section } from '../route.ts';

const TITLES: Readonly<Record<Section, string>> = {
  overview: 'Overview',
  files: 'Files',
  probes: 'Probes',
  output: 'Output',
  source: 'Source',
};

/** Sections as tabs (WAI-ARIA Authoring Practices, tabs with automatic activation). */
export function Tabs(props: {
  readonly section: Section;
  readonly counts: Readonly<Partial<Record<Section, number | undefined>>>;
  readonly onSection: (section: Section) => void;
  readonly children: ComponentChildren;
}): JSX.Element {
  const list = useRef<HTMLDivElement>(null);
  const select = (section: Section | undefined): void => {
    if (section === undefined) return;
    props.onSection(section);
    list.current?.querySelector<HTMLElement>(`#tab-${section}`)?.focus();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    // Where the focus is: keys may come faster than the page is drawn.
    const focused = event.target instanceof Element ? event.target.id : '';
    const index = SECTIONS.findIndex((section) => focused === `tab-${section}`);
    const target = { ArrowRight: index + 1, ArrowLeft: index - 1, Home: 0, End: -1 }[event.key];
    if (target === undefined) return;
    event.preventDefault();
    select(SECTIONS.at(target % SECTIONS.length));
  };
  return (
    <>
      <div class="tabs" role="tablist" aria-label="Sections" ref={list} onKeyDown={onKeyDown}>
        {SECTIONS.map((section) => (
          <button
            key={section}
            type="button"
            role="tab"
            id={`tab-${section}`}
            aria-selected={section === props.section}
            aria-controls="section"
            tabIndex={section === props.section ? 0 : -1}
            onClick={() => select(section)}
          >
            {TITLES[section]}
            {props.counts[section] !== undefined && <span class="count">{props.counts[section]}</span>}
          </button>
        ))}
      </div>
      <div role="tabpanel" id="section" aria-labelledby={`tab-${props.section}`} tabIndex={-1}>
        {props.children}
      </div>
    </>
  );
}
