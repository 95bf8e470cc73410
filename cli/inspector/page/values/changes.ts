/** What is different between two packed values: which places are new or have another value, and what is gone. */
import type { Json } from "./json";
import { type Branch, isBranch, preview, read } from "./packed";
import { childId, type PathId, ROOT } from "./path";

export interface Change {
  readonly kind: "added" | "changed";
  /** What it was, in a line. */
  readonly before?: string;
}

export interface Changes {
  readonly places: ReadonlyMap<PathId, Change>;
  /** Places that have one of those inside. */
  readonly around: ReadonlySet<PathId>;
  /** How many places are gone. */
  readonly removed: number;
}

export const NO_CHANGES: Changes = { places: new Map(), around: new Set(), removed: 0 };

/** More than this is everything. */
const MOST_PLACES = 2_000;

export function countChanges({ places, removed }: Changes): number {
  return places.size + removed;
}

export function changesBetween(before: Json, after: Json): Changes {
  const places = new Map<PathId, Change>();
  const around = new Set<PathId>();
  let removed = 0;

  /** True when something inside is different. */
  function compare(was: Json, is: Json, id: PathId): boolean {
    if (was === is || places.size >= MOST_PLACES) return false;
    const [old, now] = [read(was), read(is)];
    if (isBranch(old) && isBranch(now) && old.kind === now.kind) return compareInside(old, now, id);
    if (!isBranch(old) && !isBranch(now) && old.kind === now.kind && old.text === now.text) {
      // Bytes are shown from their beginning alone.
      if (old.kind !== "bytes" || JSON.stringify(was) === JSON.stringify(is)) return false;
    }
    places.set(id, { kind: "changed", before: preview(was) });
    return true;
  }

  function compareInside(old: Branch, now: Branch, id: PathId): boolean {
    const gone = new Map(old.children(0, old.size).map(({ step, value }) => [childId(id, step), value]));
    let isDifferent = false;
    for (const { step, value } of now.children(0, now.size)) {
      const place = childId(id, step);
      const was = gone.get(place);
      if (gone.delete(place)) {
        if (compare(was as Json, value, place)) isDifferent = true;
      } else if (places.size < MOST_PLACES) {
        places.set(place, { kind: "added" });
        isDifferent = true;
      }
    }
    removed += gone.size;
    if (gone.size > 0) isDifferent = true;
    if (isDifferent) around.add(id);
    return isDifferent;
  }

  compare(before, after, ROOT);
  return { places, around, removed };
}
