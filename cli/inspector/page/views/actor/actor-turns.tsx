/** The newest turns of one actor, as they happen. */
import { useMemo, useRef } from "preact/hooks";
import type { Turn } from "../../../api";
import { useListKeys } from "../../keyboard/list-keys";
import { Empty } from "../../parts/states";
import { app, isDeployed, MOST_TURNS, turns } from "../../state/app";
import { useCell } from "../../state/cell";
import { formatCount } from "../../values/format";
import { InsightsQuery } from "../turns/insights-query";
import { Legend } from "../turns/legend";
import { scaleOf } from "../turns/scale";
import { TurnRow } from "../turns/turn-row";

/** The newest first. */
export function useTurnsOf(type: string, id: string): readonly Turn[] {
  const all = useCell(turns.entries);
  return useMemo(
    () => all.filter(({ actor, actorId }) => actor === type && actorId === id).toReversed(),
    [all, type, id],
  );
}

const MOST_SHOWN = 200;

interface ActorTurnsProps {
  readonly type: string;
  readonly id: string;
  readonly turns: readonly Turn[];
}

export function ActorTurns({ type, id, turns: all }: ActorTurnsProps) {
  const info = useCell(app);
  const list = useRef<HTMLUListElement>(null);
  useListKeys(list);
  if (isDeployed(info)) return <InsightsQuery type={type} id={id} />;
  if (all.length === 0) {
    return (
      <Empty icon="turns" title="No turns of it yet">
        Among the newest {formatCount(MOST_TURNS)} turns of the app is none of this actor. The next one
        appears here.
      </Empty>
    );
  }
  const shown = all.slice(0, MOST_SHOWN);
  const scaleMs = scaleOf(shown);
  return (
    <>
      <div class="turns-tools">
        <Legend scaleMs={scaleMs} />
      </div>
      <ul class="rows turns" ref={list} aria-label="Turns of the actor">
        {shown.map((turn) => (
          <TurnRow key={turn.position} turn={turn} scaleMs={scaleMs} hasActor={false} />
        ))}
      </ul>
    </>
  );
}
