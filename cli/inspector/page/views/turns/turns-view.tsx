/** All turns, as they happen: the newest first. */
import { useMemo, useRef, useState } from "preact/hooks";
import type { Turn } from "../../../api";
import { useKeys } from "../../keyboard/keys";
import { useListKeys } from "../../keyboard/list-keys";
import { Button } from "../../parts/button";
import { Empty, Failure, Loading } from "../../parts/states";
import { change } from "../../routing/location";
import type { Route } from "../../routing/route";
import { load } from "../../server/live";
import { app, isDeployed, turns } from "../../state/app";
import { useCell } from "../../state/cell";
import { formatCount, plural } from "../../values/format";
import { matchesFilter, TurnFilters } from "./filters";
import { Histogram } from "./histogram";
import { InsightsQuery } from "./insights-query";
import { Legend } from "./legend";
import { scaleOf } from "./scale";
import { TurnRow } from "./turn-row";

type TurnsRoute = Extract<Route, { page: "turns" }>;

const FIRST_SHOWN = 100;

export function TurnsView({ filter }: { readonly filter: TurnsRoute }) {
  const info = useCell(app);
  return (
    <div class="view">
      {isDeployed(info) ? (
        <>
          <header class="view-header">
            <div class="title-line">
              <h1 tabIndex={-1}>Turns</h1>
            </div>
          </header>
          <div class="scroller">
            <InsightsQuery />
          </div>
        </>
      ) : (
        <LiveTurns filter={filter} />
      )}
    </div>
  );
}

function LiveTurns({ filter }: { readonly filter: TurnsRoute }) {
  const all = useCell(turns.entries);
  const status = useCell(turns.status);
  const [held, setHeld] = useState<readonly Turn[]>();
  const [count, setCount] = useState(FIRST_SHOWN);
  const list = useRef<HTMLUListElement>(null);
  useListKeys(list);
  const togglePause = () => setHeld(held === undefined ? all : undefined);
  useKeys({ p: togglePause });

  const shownAll = held ?? all;
  const matching = useMemo(
    () => shownAll.filter((turn) => matchesFilter(turn, filter)).reverse(),
    [shownAll, filter],
  );
  const shown = matching.slice(0, count);
  const scaleMs = useMemo(() => scaleOf(shown), [shown]);
  const missed =
    held === undefined ? 0 : all.filter(({ position }) => position > (held.at(-1)?.position ?? -1)).length;
  const isFiltered = filter.type !== undefined || filter.method !== undefined || filter.outcome !== undefined;
  const onScroll = (event: Event) => {
    const { scrollTop, clientHeight, scrollHeight } = event.currentTarget as HTMLElement;
    if (scrollHeight - scrollTop - clientHeight < 600 && count < matching.length)
      setCount(count + FIRST_SHOWN);
  };

  return (
    <>
      <header class="view-header">
        <div class="title-line">
          <h1 tabIndex={-1}>Turns</h1>
          <span class="title-count">{formatCount(matching.length)}</span>
          <span class="spring" />
          {held !== undefined && (
            <span class="paused" role="status">
              Paused{missed > 0 && ` · ${formatCount(missed)} new`}
            </span>
          )}
          <Button icon={held === undefined ? "pause" : "play"} onClick={togglePause} title="Pause, go on (p)">
            {held === undefined ? "Pause" : "Go on"}
          </Button>
        </div>
        <TurnFilters filter={filter} turns={shownAll} />
      </header>
      <div class="scroller" onScroll={onScroll}>
        {shownAll.length > 0 && <Histogram turns={matching} isHeld={held !== undefined} />}
        {matching.length === 0 ? (
          <Instead status={status} isFiltered={isFiltered} />
        ) : (
          <>
            <div class="turns-tools">
              <Legend scaleMs={scaleMs} />
              <span class="muted">The newest {formatCount(turns.most)} are kept here</span>
            </div>
            <ul class="rows turns" ref={list} aria-label="Turns">
              {shown.map((turn) => (
                <TurnRow key={turn.position} turn={turn} scaleMs={scaleMs} />
              ))}
            </ul>
            <p class="list-end">
              {count < matching.length ? (
                <Button isSmall onClick={() => setCount(count + FIRST_SHOWN)}>
                  Show more
                </Button>
              ) : (
                `That is all: ${plural(matching.length, "turn")}`
              )}
            </p>
          </>
        )}
      </div>
    </>
  );
}

interface InsteadProps {
  readonly status: typeof turns.status.value;
  readonly isFiltered: boolean;
}

function Instead({ status, isFiltered }: InsteadProps) {
  if (status === "loading") return <Loading rows={10} label="Loading the turns" />;
  if (status !== "ready") {
    return <Failure title="The turns could not be loaded" problem={status} onRetry={() => void load()} />;
  }
  if (isFiltered) {
    return (
      <Empty
        icon="search"
        title="No turn is like that"
        actions={<Button onClick={() => change({ page: "turns" })}>Show all turns</Button>}
      >
        Among the turns that are kept here. New ones appear as they happen.
      </Empty>
    );
  }
  return (
    <Empty icon="turns" title="No turns yet">
      Every call, message and reminder appears here as soon as it has ended. Call an actor, and look.
    </Empty>
  );
}
