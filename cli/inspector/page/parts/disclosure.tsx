/** A row that opens to show more of what it is about. */
import type { ComponentChildren } from "preact";
import { useId, useState } from "preact/hooks";
import { Icon } from "./icon";

interface DisclosureProps {
  /** In a row, always in sight. */
  readonly summary: ComponentChildren;
  /** Named for those who do not see the row. */
  readonly label: string;
  readonly class?: string;
  readonly isOpenAtFirst?: boolean;
  /** Beside the row: what can be done with it. */
  readonly actions?: ComponentChildren;
  /** Made when it is opened. */
  readonly children: () => ComponentChildren;
}

export function Disclosure({
  summary,
  label,
  class: extra = "",
  isOpenAtFirst = false,
  actions,
  children,
}: DisclosureProps) {
  const [isOpen, setOpen] = useState(isOpenAtFirst);
  const id = useId();
  const onKeyDown = (event: KeyboardEvent) => {
    const wanted = { ArrowRight: true, ArrowLeft: false }[event.key];
    if (wanted === undefined || wanted === isOpen) return;
    event.preventDefault();
    setOpen(wanted);
  };
  return (
    <li class={`disclosure ${isOpen ? "open" : ""}`}>
      <div class="disclosure-row">
        <button
          type="button"
          class={`row ${extra}`}
          data-row
          aria-label={label}
          aria-expanded={isOpen}
          aria-controls={isOpen ? id : undefined}
          onClick={() => setOpen(!isOpen)}
          onKeyDown={onKeyDown}
        >
          <Icon name="chevron" class="twist-icon" />
          {summary}
        </button>
        {actions}
      </div>
      {isOpen && (
        <div class="disclosure-body" id={id}>
          {children()}
        </div>
      )}
    </li>
  );
}

/** Names and values, one below the other. */
export function Pairs({ pairs }: { readonly pairs: readonly (readonly [string, ComponentChildren])[] }) {
  return (
    <dl class="pairs">
      {pairs
        .filter(([, value]) => value !== undefined && value !== null && value !== false)
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}
