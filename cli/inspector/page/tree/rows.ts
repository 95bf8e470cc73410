/** The lines of a tree, from top to bottom, as it is opened and searched. */
import type { Json } from "../values/json";
import { isBranch, preview, read, type Shown } from "../values/packed";
import { childId, type PathId, ROOT, type Step } from "../values/path";

export interface ValueRow {
  readonly kind: "value";
  readonly id: PathId;
  readonly parent: PathId | undefined;
  readonly depth: number;
  /** From the root to here. */
  readonly steps: readonly Step[];
  readonly value: Json;
  readonly shown: Shown;
  readonly isOpen: boolean;
  /** Among its siblings, from 1. */
  readonly position: number;
  readonly siblings: number;
}

/** Stands for what is left out of a long list. */
export interface MoreRow {
  readonly kind: "more";
  readonly id: PathId;
  readonly parent: PathId;
  readonly depth: number;
  readonly rest: number;
}

export type TreeRow = ValueRow | MoreRow;

export interface Opening {
  /** What was opened or closed by hand. */
  readonly toggled: ReadonlyMap<PathId, boolean>;
  /** How many children are shown, where that is not {@link FIRST_CHILDREN}. */
  readonly shownChildren: ReadonlyMap<PathId, number>;
  /** What is open besides: what is small and near the root, all, or nothing. */
  readonly initially: "near" | "all" | "none";
}

export const FIRST_CHILDREN = 100;
const NEAR_DEPTH = 2;
const NEAR_SIZE = 12;
/** Opening all of it ends there. */
const MOST_OPENED = 2_000;
const MOST_FOUND = 500;
/** A search looks at no more values than this. */
const MOST_SEARCHED = 1_000_000;

export interface Rows {
  readonly rows: readonly TreeRow[];
  /** Of a search: how many lines match. */
  readonly found: number;
  /** Not all was looked at. */
  readonly isCut: boolean;
}

interface Place {
  readonly value: Json;
  readonly id: PathId;
  readonly parent: PathId | undefined;
  readonly depth: number;
  readonly steps: readonly Step[];
  readonly position: number;
  readonly siblings: number;
}

/** An object or a list has no line of its own at the root: its fields say it all. */
function hidesRoot(shown: Shown): boolean {
  return isBranch(shown) && (shown.kind === "object" || shown.kind === "array") && shown.size > 0;
}

export function rowsOf(root: Json, opening: Opening, query: string): Rows {
  const isHidden = hidesRoot(read(root));
  const place: Place = {
    value: root,
    id: ROOT,
    parent: undefined,
    depth: isHidden ? -1 : 0,
    steps: [],
    position: 1,
    siblings: 1,
  };
  const found = query === "" ? openRows(place, opening) : new Finder(query).find(place);
  return isHidden ? { ...found, rows: found.rows.filter(({ id }) => id !== ROOT) } : found;
}

function openRows(root: Place, opening: Opening): Rows {
  const rows: TreeRow[] = [];
  const add = (place: Place): void => {
    const shown = read(place.value);
    const isOpen = isBranch(shown) && isOpenAt(place, shown.size);
    rows.push({ kind: "value", ...place, shown, isOpen });
    if (!isOpen) return;
    const count = opening.shownChildren.get(place.id) ?? FIRST_CHILDREN;
    for (const child of childrenOf(place, shown, count)) add(child);
    if (shown.size > count) {
      const { id, depth } = place;
      rows.push({ kind: "more", id: `${id}…`, parent: id, depth: depth + 1, rest: shown.size - count });
    }
  };
  const isOpenAt = ({ id, depth }: Place, size: number): boolean => {
    if (depth < 0) return true;
    const toggled = opening.toggled.get(id);
    if (toggled !== undefined) return toggled;
    if (opening.initially === "all") return rows.length < MOST_OPENED;
    return opening.initially === "near" && (id === ROOT || (depth < NEAR_DEPTH && size <= NEAR_SIZE));
  };
  add(root);
  return { rows, found: 0, isCut: false };
}

function* childrenOf(place: Place, shown: Shown, count: number): Generator<Place> {
  if (!isBranch(shown)) return;
  let position = 0;
  for (const { step, value } of shown.children(0, count)) {
    position++;
    yield {
      value,
      id: childId(place.id, step),
      parent: place.id,
      depth: place.depth + 1,
      steps: [...place.steps, step],
      position,
      siblings: shown.size,
    };
  }
}

/** Lines that match, with those that they are in. */
class Finder {
  private readonly rows: TreeRow[] = [];
  private readonly wanted: string;
  private found = 0;
  private searched = 0;

  constructor(query: string) {
    this.wanted = query.toLowerCase();
  }

  find(root: Place): Rows {
    this.look(root);
    return {
      rows: this.rows,
      found: this.found,
      isCut: this.found >= MOST_FOUND || this.searched >= MOST_SEARCHED,
    };
  }

  private look(place: Place): void {
    if (this.found >= MOST_FOUND || this.searched++ >= MOST_SEARCHED) return;
    const shown = read(place.value);
    const at = this.rows.length;
    const isMatch = this.matches(place, shown);
    this.rows.push({ kind: "value", ...place, shown, isOpen: isBranch(shown) });
    if (isMatch) this.found++;
    for (const child of childrenOf(place, shown, Number.POSITIVE_INFINITY)) this.look(child);
    const hasInside = this.rows.length > at + 1;
    if (hasInside) return;
    if (isMatch) this.rows[at] = { ...(this.rows[at] as ValueRow), isOpen: false };
    else this.rows.length = at;
  }

  private matches({ steps }: Place, shown: Shown): boolean {
    const step = steps.at(-1);
    const label = step === undefined ? "" : labelOf(step);
    return (
      label.toLowerCase().includes(this.wanted) ||
      (!isBranch(shown) && shown.text.toLowerCase().includes(this.wanted))
    );
  }
}

/** What stands before the value. */
export function labelOf(step: Step): string {
  switch (step.kind) {
    case "field":
      return step.name;
    case "entry":
      return preview(step.key, 60);
    default:
      return String(step.index);
  }
}
