/** The events that were published on the app's bus: the newest first. */
import { useMemo, useRef, useState } from "preact/hooks";
import type { PlacedEvent } from "../../../api";
import { useListKeys } from "../../keyboard/list-keys";
import { Button } from "../../parts/button";
import { Disclosure, Pairs } from "../../parts/disclosure";
import { Search } from "../../parts/fields";
import { Highlighted } from "../../parts/highlighted";
import { Empty, Failure, Loading } from "../../parts/states";
import { Clock } from "../../parts/time";
import { hrefOf } from "../../routing/route";
import { load } from "../../server/live";
import { app, events, isDeployed } from "../../state/app";
import { useCell } from "../../state/cell";
import { Tree } from "../../tree/tree";
import { formatCount, formatMoment, plural } from "../../values/format";
import type { Json } from "../../values/json";
import { preview } from "../../values/packed";

const FIRST_SHOWN = 100;

export function EventsView() {
  const info = useCell(app);
  return (
    <div class="view">
      {isDeployed(info) ? (
        <>
          <header class="view-header">
            <div class="title-line">
              <h1 tabIndex={-1}>Events</h1>
            </div>
          </header>
          <div class="scroller">
            <Empty icon="events" title="EventBridge keeps no log of events">
              To see those of a deployed app, add a rule to its bus whose target is a CloudWatch log group.
              While you develop, they are all here.
            </Empty>
          </div>
        </>
      ) : (
        <LiveEvents />
      )}
    </div>
  );
}

function LiveEvents() {
  const info = useCell(app);
  const all = useCell(events.entries);
  const status = useCell(events.status);
  const [query, setQuery] = useState("");
  const [count, setCount] = useState(FIRST_SHOWN);
  const list = useRef<HTMLUListElement>(null);
  useListKeys(list);
  const matching = useMemo(() => all.filter((event) => matches(event, query)).reverse(), [all, query]);
  const listeners = (event: PlacedEvent) =>
    (info?.actors ?? []).filter(({ events: heard }) =>
      heard.some(({ source, detailType }) => source === event.source && detailType === event.detailType),
    );

  return (
    <>
      <header class="view-header">
        <div class="title-line">
          <h1 tabIndex={-1}>Events</h1>
          <span class="title-count">{formatCount(matching.length)}</span>
        </div>
        <div class="toolbar">
          <Search
            label="Search source, type and detail"
            value={query}
            onInput={setQuery}
            onLeave={() => list.current?.querySelector<HTMLElement>("[data-row]")?.focus()}
            isMain
          />
        </div>
      </header>
      <div class="scroller">
        {matching.length === 0 ? (
          <Instead status={status} query={query} onClear={() => setQuery("")} />
        ) : (
          <>
            <ul class="rows" ref={list} aria-label="Events">
              {matching.slice(0, count).map((event) => (
                <EventRow
                  key={event.position}
                  event={event}
                  query={query}
                  listeners={listeners(event).map(({ name }) => name)}
                />
              ))}
            </ul>
            <p class="list-end">
              {count < matching.length ? (
                <Button isSmall onClick={() => setCount(count + FIRST_SHOWN)}>
                  Show more
                </Button>
              ) : (
                `That is all: ${plural(matching.length, "event")}`
              )}
            </p>
          </>
        )}
      </div>
    </>
  );
}

interface EventRowProps {
  readonly event: PlacedEvent;
  readonly query: string;
  /** Types of actors that listen to it. */
  readonly listeners: readonly string[];
}

function EventRow({ event, query, listeners }: EventRowProps) {
  const { source, detailType, detail, timeMs, id } = event;
  const emitter = emitterOf(detail);
  return (
    <Disclosure
      label={`${detailType} from ${source}`}
      summary={
        <span class="event-grid">
          <Clock atMs={timeMs} />
          <span class="strong cut">
            <Highlighted text={detailType} query={query} />
          </span>
          <span class="muted cut">
            <Highlighted text={source} query={query} />
          </span>
          <span class="preview cut">{preview(detail, 140)}</span>
        </span>
      }
    >
      {() => (
        <>
          <Pairs
            pairs={[
              ["Time", formatMoment(timeMs)],
              ["Id", <code key="id">{id}</code>],
              ["Source", source],
              [
                "Emitted by",
                emitter && (
                  <a key="emitter" href={hrefOf({ page: "actor", ...emitter })}>
                    {emitter.type}/{emitter.id}
                  </a>
                ),
              ],
              ["Listens", listeners.length > 0 && listeners.join(", ")],
            ]}
          />
          <Tree value={detail} label="Detail" root="event.detail" />
        </>
      )}
    </Disclosure>
  );
}

/** The actor that emitted it: its metadata says so. */
function emitterOf(detail: Json): { readonly type: string; readonly id: string } | undefined {
  const { metadata } = (detail ?? {}) as {
    readonly metadata?: { readonly actor?: unknown; readonly actorId?: unknown };
  };
  const { actor, actorId } = metadata ?? {};
  return typeof actor === "string" && typeof actorId === "string" ? { type: actor, id: actorId } : undefined;
}

const texts = new WeakMap<PlacedEvent, string>();

function matches(event: PlacedEvent, query: string): boolean {
  return query === "" || textOf(event).includes(query.toLowerCase());
}

/** All that is searched of it; made once, since a detail may be large. */
function textOf(event: PlacedEvent): string {
  const known = texts.get(event);
  if (known !== undefined) return known;
  const { source, detailType, detail, id } = event;
  const text = [source, detailType, id, JSON.stringify(detail)].join("\n").toLowerCase();
  texts.set(event, text);
  return text;
}

interface InsteadProps {
  readonly status: typeof events.status.value;
  readonly query: string;
  readonly onClear: () => void;
}

function Instead({ status, query, onClear }: InsteadProps) {
  if (status === "loading") return <Loading rows={10} label="Loading the events" />;
  if (status !== "ready") {
    return <Failure title="The events could not be loaded" problem={status} onRetry={() => void load()} />;
  }
  if (query !== "") {
    return (
      <Empty
        icon="search"
        title={`No event has “${query}” in it`}
        actions={<Button onClick={onClear}>Clear the search</Button>}
      />
    );
  }
  return (
    <Empty icon="events" title="No events yet">
      <p>What actors emit, and what a client emits, appears here:</p>
      <pre class="code">{'this.ctx.emit("OrderPaid", { orderId: this.ctx.actorId });'}</pre>
    </Empty>
  );
}
