/**
 * The actors of one search, page after page as they are needed. Pages of a deployed app may be empty although more follow: then
 * it goes on until something comes, and stops after a while to ask. Kept while its search is the newest: who comes back finds the
 * list as it was left.
 */
import type { ActorSummary, Turn } from "../../../api";
import { server } from "../../server/client";
import { type Problem, problemOf } from "../../server/problem";
import { turns } from "../../state/app";
import { Cell } from "../../state/cell";

export interface Search {
  /** All types when undefined. */
  readonly type: string | undefined;
  readonly text: string;
}

export interface Listed {
  readonly actors: readonly ActorSummary[];
  /**
   * `loading`: pages are on their way. `more`: there are further ones. `stopped`: many empty pages came, and there are further ones.
   * `complete`: these are all.
   */
  readonly state: "loading" | "more" | "stopped" | "complete" | "failed";
  readonly problem?: Problem;
  /** They are what the search before found: better to look at than nothing, until the first page is there. */
  readonly areOld?: true;
}

/** What the server tells by itself. */
export interface Known {
  /** Of the actors of its type. */
  readonly count: number | undefined;
  /** Of the connection. */
  readonly generation: number;
}

const PAGE = 200;
/** The most that the server lists at once. */
const LARGEST_PAGE = 1_000;
const RELOAD_MS = 1_000;
/** So many pages are asked for at once before it stops. */
const MOST_PAGES = 25;

export class Listing {
  readonly listed: Cell<Listed>;
  /** Where it was scrolled to, and which one was chosen. */
  place = { scrollTop: 0, active: 0 };
  /** What was known when it was loaded: when that becomes something else, it is old. */
  private seen: Known | undefined;
  /** Up to which turn its versions are. */
  private notedPosition = newestShown();
  private next: string | undefined;
  private timer: number | undefined;
  private reloadedAtMs = 0;
  private abort = new AbortController();

  constructor(
    readonly search: Search,
    old: readonly ActorSummary[] = [],
  ) {
    this.listed = new Cell({ actors: old, state: "loading", areOld: true });
    void this.load([]);
  }

  more(): void {
    const { state, actors } = this.listed.value;
    if (state === "more" || state === "stopped" || state === "failed") void this.load(actors);
  }

  /** From the beginning, as long as it is now; what is shown stays until then. */
  reload(): void {
    const { actors } = this.listed.value;
    this.close();
    this.next = undefined;
    void this.load([], Math.max(PAGE, actors.length));
  }

  /** Likewise, but not all the time: actors may come by the hundreds. */
  private reloadSoon(): void {
    const waitMs = Math.max(0, this.reloadedAtMs + RELOAD_MS - Date.now());
    this.timer ??= window.setTimeout(() => {
      this.timer = undefined;
      this.reloadedAtMs = Date.now();
      this.reload();
    }, waitMs);
  }

  close(): void {
    window.clearTimeout(this.timer);
    this.timer = undefined;
    this.abort.abort();
    this.abort = new AbortController();
  }

  /** Keeps it as it is on the server: loads it anew when there are more actors or fewer, or the server was away. */
  follow(known: Known): void {
    const before = this.seen ?? known;
    this.seen = known;
    const hasOthers = before.count !== undefined && before.count !== known.count;
    if (hasOthers || before.generation !== known.generation) this.reloadSoon();
    for (const turn of turns.entries.value) if (turn.position > this.notedPosition) this.note(turn);
    this.notedPosition = newestShown();
  }

  /** What a turn tells of an actor in the list. */
  private note({ actor, actorId, version, outcome }: Turn): void {
    if (outcome !== "committed" || version === undefined) return;
    this.listed.update((before) => {
      const at = before.actors.findIndex(({ type, id }) => type === actor && id === actorId);
      const known = before.actors[at];
      if (known === undefined || known.version >= version) return before;
      return { ...before, actors: before.actors.with(at, { ...known, version }) };
    });
  }

  /** @param wanted how many there shall be at least; one more, unless told otherwise */
  private async load(before: readonly ActorSummary[], wanted = before.length + 1): Promise<void> {
    const { signal } = this.abort;
    const { type, text } = this.search;
    this.listed.update(({ state: _state, problem: _problem, ...shown }) => ({ ...shown, state: "loading" }));
    let actors = before;
    try {
      for (let page = 0; page < MOST_PAGES && actors.length < wanted; page++) {
        const limit = Math.min(LARGEST_PAGE, Math.max(PAGE, wanted - actors.length));
        const query = { type, search: text, after: this.next, limit };
        const { actors: found, next } = await server.actors(query, signal);
        if (signal.aborted) return;
        actors = withoutDoubles([...actors, ...found]);
        this.next = next;
        if (next === undefined) return this.listed.set({ actors, state: "complete" });
      }
      this.listed.set({ actors, state: actors.length < wanted ? "stopped" : "more" });
    } catch (thrown) {
      if (signal.aborted) return;
      this.listed.update(({ actors: shown, areOld = false }) => ({
        actors: before.length > 0 || areOld ? actors : shown,
        state: "failed",
        problem: problemOf(thrown),
      }));
    }
  }
}

/** One that was added between two pages may move others from one to the next. */
function withoutDoubles(actors: readonly ActorSummary[]): readonly ActorSummary[] {
  const byKey = new Map(actors.map((actor) => [`${actor.type}/${actor.id}`, actor]));
  return byKey.size === actors.length ? actors : [...byKey.values()];
}

function newestShown(): number {
  return turns.entries.value.at(-1)?.position ?? -1;
}

let newest: Listing | undefined;

/** The listing of a search: the one that there is, or a new one. */
export function listingOf(search: Search): Listing {
  if (newest?.search.type === search.type && newest?.search.text === search.text) return newest;
  newest?.close();
  const old = newest?.search.type === search.type ? newest?.listed.value.actors : undefined;
  newest = new Listing(search, old);
  return newest;
}
