/** What an actor did last, beside whatever else is shown of it. */
import type { Turn } from "../../../api";
import { Icon } from "../../parts/icon";
import { Ago } from "../../parts/time";
import { hrefOf } from "../../routing/route";
import { formatDuration } from "../../values/format";
import { OUTCOMES } from "../turns/outcome";
import { scaleOf, totalMsOf } from "../turns/scale";
import { TurnBar } from "../turns/turn-bar";

const MOST_SHOWN = 8;

interface LatestTurnsProps {
  readonly type: string;
  readonly id: string;
  /** The newest first. */
  readonly turns: readonly Turn[];
}

export function LatestTurns({ type, id, turns }: LatestTurnsProps) {
  if (turns.length === 0) return null;
  const shown = turns.slice(0, MOST_SHOWN);
  const scaleMs = scaleOf(shown);
  return (
    <section class="card latest" aria-label="Latest turns">
      <header class="card-head">
        <h2>Latest turns</h2>
        <a href={hrefOf({ page: "actor", type, id, tab: "turns" })}>All</a>
      </header>
      <ul>
        {shown.map((turn) => (
          <li
            key={turn.position}
            title={turn.code === undefined ? undefined : `${turn.code}: ${turn.message ?? ""}`}
          >
            <span class={`outcome ${turn.outcome}`} title={OUTCOMES[turn.outcome].meaning}>
              <Icon name={OUTCOMES[turn.outcome].icon} />
              <span class="sr-only">{turn.outcome}</span>
            </span>
            <code class="cut">{turn.method}()</code>
            <TurnBar turn={turn} scaleMs={scaleMs} />
            <span class="duration">{formatDuration(totalMsOf(turn))}</span>
            <span class="muted when">
              <Ago atMs={turn.atMs} />
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
