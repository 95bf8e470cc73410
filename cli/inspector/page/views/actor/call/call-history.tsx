/** What was called before, to be called again. */
import { Icon } from "../../../parts/icon";
import { Ago } from "../../../parts/time";
import type { CallRecord } from "../../../state/calls";
import { shorten } from "../../../values/format";

const MOST_SHOWN = 10;

interface CallHistoryProps {
  readonly calls: readonly CallRecord[];
  readonly onAgain: (call: CallRecord) => void;
}

export function CallHistory({ calls, onAgain }: CallHistoryProps) {
  return (
    <section class="call-history" aria-label="Calls before">
      <h3>Before</h3>
      <ul>
        {calls.slice(0, MOST_SHOWN).map((call) => {
          const { number, method, text, mode, problem, atMs } = call;
          const args = shorten(text.trim().replace(/\s*\n\s*/g, ", "), 60);
          return (
            <li key={number}>
              <button type="button" class="row" title="Take this into the form" onClick={() => onAgain(call)}>
                <span class={problem === undefined ? "outcome committed" : "outcome failed"}>
                  <Icon name={problem === undefined ? "check" : "cross"} />
                  <span class="sr-only">{problem === undefined ? "Succeeded" : "Failed"}</span>
                </span>
                <code class="cut">
                  {method}({args})
                </code>
                <span class="spring" />
                {mode !== "call" && <span class="muted">{mode}</span>}
                <span class="muted">
                  <Ago atMs={atMs} />
                </span>
              </button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
