/** Actors: all, or of one type, or those whose id has a text in it. */
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { useKeys } from "../../keyboard/keys";
import { Kbd } from "../../parts/badge";
import { Button } from "../../parts/button";
import { Search, Select } from "../../parts/fields";
import { Windowed } from "../../parts/windowed";
import { change, go } from "../../routing/location";
import { epoch } from "../../server/connection";
import { app, turns } from "../../state/app";
import { useCell, useSelected } from "../../state/cell";
import { formatCount, plural } from "../../values/format";
import { ActorRow } from "./actor-row";
import { type Listing, listingOf } from "./listing";
import { ListingEnd, ListingInstead } from "./listing-states";
import { NewActor } from "./new-actor";

const SEARCH_AFTER_MS = 180;
const ROW_PX = 40;

interface ActorsViewProps {
  readonly type: string | undefined;
  readonly search: string;
}

export function ActorsView({ type, search }: ActorsViewProps) {
  const info = useCell(app);
  const [text, setText] = useState(search);
  const [isNaming, setNaming] = useState(false);
  const listing = listingOf({ type, text: search });
  const count = countOf(info?.actors, type);
  useFresh(listing, count);
  useSearch({
    text,
    setText,
    search,
    onSearch: (wanted) => change({ page: "actors", ...(type === undefined ? {} : { type }), search: wanted }),
  });
  const canCall = info?.mode === "dev" && info.actors.length > 0;
  useKeys({ n: () => canCall && setNaming(true), r: () => listing.reload() });
  const types = info?.actors.map(({ name }) => name) ?? [];
  const toType = (name: string) => go({ page: "actors", ...(name === "" ? {} : { type: name }) });

  return (
    <div class="view">
      <header class="view-header">
        <div class="title-line">
          <h1 tabIndex={-1}>{type ?? "All actors"}</h1>
          {count !== undefined && <span class="title-count">{formatCount(count)}</span>}
          <span class="spring" />
          {canCall && (
            <Button icon="plus" onClick={() => setNaming(true)} title="New actor (n)">
              New actor
            </Button>
          )}
        </div>
        <div class="toolbar">
          <Search
            label={type === undefined ? "Search ids" : `Search ids of ${type}`}
            value={text}
            onInput={setText}
            onLeave={focusFirst}
            isMain
          />
          <span class="only-narrow">
            <Select
              label="Type"
              value={type ?? ""}
              options={[
                { value: "", text: "All types" },
                ...types.map((name) => ({ value: name, text: name })),
              ]}
              onChange={toType}
            />
          </span>
          <Summary listing={listing} />
        </div>
      </header>
      <List listing={listing} type={type} onNew={() => setNaming(true)} onClear={() => setText("")} />
      {isNaming && <NewActor type={type} id={text} types={types} onClose={() => setNaming(false)} />}
    </div>
  );
}

interface ListProps {
  readonly listing: Listing;
  readonly type: string | undefined;
  readonly onNew: () => void;
  readonly onClear: () => void;
}

function List({ listing, type, onNew, onClear }: ListProps) {
  const { actors, state } = useCell(listing.listed);
  if (actors.length === 0 && state !== "more") {
    return <ListingInstead listing={listing} onNew={onNew} onClear={onClear} />;
  }
  const { text } = listing.search;
  return (
    <>
      <div
        class={type === undefined ? "list-head actors-grid with-type" : "list-head actors-grid"}
        aria-hidden="true"
      >
        {type === undefined && <span>Type</span>}
        <span>Id</span>
        <span>Status</span>
        <span class="right">Version</span>
      </div>
      <Windowed
        key={`${type ?? ""}?${text}`}
        label="Actors"
        count={actors.length}
        rowPx={ROW_PX}
        place={listing.place}
        keyOf={(index) => `${actors[index]?.type}/${actors[index]?.id}`}
        row={(index, isActive) => {
          const actor = actors[index];
          return (
            actor && <ActorRow actor={actor} hasType={type === undefined} isActive={isActive} query={text} />
          );
        }}
        onEnd={() => state === "more" && listing.more()}
      >
        <ListingEnd listing={listing} />
      </Windowed>
    </>
  );
}

function Summary({ listing }: { readonly listing: Listing }) {
  const { actors, state, areOld = false } = useCell(listing.listed);
  const { text } = listing.search;
  if (state === "failed" && actors.length === 0) return null;
  const isMore = state === "more" || state === "stopped";
  const shown = areOld ? "Searching …" : plural(actors.length, "actor");
  return (
    <p class="toolbar-note" role="status">
      <span>
        {text !== "" || !isMore ? shown : `${shown} loaded`}
        {text !== "" && isMore && ", more follow"}
      </span>
      <span class="only-wide keys-hint">
        <Kbd>j</Kbd>
        <Kbd>k</Kbd> move <Kbd>Enter</Kbd> open
      </span>
    </p>
  );
}

function useFresh(listing: Listing, count: number | undefined): void {
  const generation = useCell(epoch);
  const newest = useSelected(turns.entries, (entries) => entries.at(-1)?.position ?? -1);
  useEffect(() => listing.follow({ count, generation }), [listing, count, generation, newest]);
}

interface Searching {
  /** As it is typed. */
  readonly text: string;
  readonly setText: (text: string) => void;
  /** As it is in the address. */
  readonly search: string;
  readonly onSearch: (text: string) => void;
}

/** Searches once somebody has stopped typing for a moment; and shows what the address says when that becomes another. */
function useSearch({ text, setText, search, onSearch }: Searching): void {
  const latest = useRef(onSearch);
  latest.current = onSearch;
  const searched = useRef(search);
  useLayoutEffect(() => {
    if (search === searched.current) return;
    searched.current = search;
    setText(search);
  }, [search, setText]);
  useLayoutEffect(() => {
    if (text === searched.current) return;
    const timer = window.setTimeout(() => {
      searched.current = text;
      latest.current(text);
    }, SEARCH_AFTER_MS);
    return () => window.clearTimeout(timer);
  }, [text]);
}

function countOf(
  types: readonly { readonly name: string; readonly count?: number }[] | undefined,
  type: string | undefined,
): number | undefined {
  const counted = types?.filter(({ name }) => type === undefined || name === type) ?? [];
  if (counted.length === 0 || counted.some(({ count }) => count === undefined)) return undefined;
  return counted.reduce((sum, { count = 0 }) => sum + count, 0);
}

function focusFirst(): void {
  document.querySelector<HTMLElement>("[data-row]")?.focus();
}
