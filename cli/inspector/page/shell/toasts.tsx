/** What was done, at the edge of the page. */
import { IconButton } from "../parts/button";
import { Icon } from "../parts/icon";
import { useCell } from "../state/cell";
import { dismiss, toasts } from "../state/toasts";

export function Toasts() {
  const shown = useCell(toasts);
  return (
    <div class="toasts" role="status" aria-live="polite">
      {shown.map(({ id, tone, text, more }) => (
        <div key={id} class={`toast ${tone}`}>
          <Icon name={tone === "bad" ? "warning" : "check"} />
          <div>
            <p class="strong">{text}</p>
            {more !== undefined && <p class="muted">{more}</p>}
          </div>
          <IconButton icon="cross" label="Dismiss" onClick={() => dismiss(id)} />
        </div>
      ))}
    </div>
  );
}
