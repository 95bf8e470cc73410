/** Parts of one thing, of which one is shown. Arrows move between them. */
import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";

export interface Tab<T extends string> {
  readonly name: T;
  readonly title: string;
  readonly count?: number | undefined;
  readonly isWarned?: boolean;
}

interface TabsProps<T extends string> {
  readonly label: string;
  readonly tabs: readonly Tab<T>[];
  readonly chosen: T;
  readonly onChoose: (name: T) => void;
  /** Of the chosen one. */
  readonly children: ComponentChildren;
}

export function Tabs<T extends string>({ label, tabs, chosen, onChoose, children }: TabsProps<T>) {
  const list = useRef<HTMLDivElement>(null);
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const at = (tabs.findIndex(({ name }) => name === chosen) + step + tabs.length) % tabs.length;
    onChoose((tabs[at] as Tab<T>).name);
    (list.current?.children[at] as HTMLElement | undefined)?.focus();
  };
  return (
    <section class="tabs">
      <div class="tab-list" role="tablist" aria-label={label} ref={list}>
        {tabs.map(({ name, title, count, isWarned = false }) => (
          <button
            key={name}
            type="button"
            role="tab"
            id={`tab-${name}`}
            aria-selected={name === chosen}
            aria-controls="tab-panel"
            tabIndex={name === chosen ? 0 : -1}
            onClick={() => onChoose(name)}
            onKeyDown={onKeyDown}
          >
            {title}
            {count !== undefined && count > 0 && (
              <span class={isWarned ? "count warned" : "count"}>{count}</span>
            )}
          </button>
        ))}
      </div>
      <div class="tab-panel" role="tabpanel" id="tab-panel" aria-labelledby={`tab-${chosen}`}>
        {children}
      </div>
    </section>
  );
}
