/** How much waits in the app's queues. */
import type { QueueDepths as Depths } from "../../api";
import { hrefOf } from "../routing/route";
import { countDead, queues } from "../state/app";
import { useCell } from "../state/cell";
import { formatCount } from "../values/format";

export function QueueDepths() {
  const depths = useCell(queues);
  if (depths === undefined) return null;
  const { messages, wakes } = depths;
  const dead = countDead(depths) ?? 0;
  return (
    <dl class="queues" aria-label="Queues">
      <Depth name="Messages" depth={messages} />
      <Depth name="Wakes" depth={wakes} />
      <div class={dead > 0 ? "queue bad" : "queue"}>
        <dt>Dead</dt>
        <dd>
          <a href={hrefOf({ page: "dead-letters" })}>{formatCount(dead)}</a>
        </dd>
      </div>
    </dl>
  );
}

function Depth({ name, depth }: { readonly name: string; readonly depth: Depths["messages"] }) {
  const { ready, inFlight, delayed } = depth;
  const all = ready + inFlight + delayed;
  return (
    <div
      class={all > 0 ? "queue busy" : "queue"}
      title={`${name}: ${formatCount(ready)} ready, ${formatCount(inFlight)} in flight, ${formatCount(delayed)} delayed`}
    >
      <dt>{name}</dt>
      <dd>
        {formatCount(ready)}
        {inFlight > 0 && <small> +{formatCount(inFlight)} in flight</small>}
        {delayed > 0 && <small> +{formatCount(delayed)} delayed</small>}
      </dd>
    </div>
  );
}
