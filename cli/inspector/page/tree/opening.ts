/** Which lines of a tree somebody has opened, closed, or asked for more of. */
import { useState } from "preact/hooks";
import type { PathId } from "../values/path";
import { FIRST_CHILDREN, type Opening, type TreeRow, type ValueRow } from "./rows";

/** How many come with each time that more are asked for. */
export const MORE_CHILDREN = 4 * FIRST_CHILDREN;

interface OpeningState {
  readonly opening: Opening;
  toggle(id: PathId, isOpen: boolean): void;
  showMore(id: PathId): void;
  /** A line, and all beside it. */
  openSiblings(row: ValueRow, rows: readonly TreeRow[]): void;
}

export function useOpening(initially: Opening["initially"]): OpeningState {
  const [toggled, setToggled] = useState<Opening["toggled"]>(new Map());
  const [shownChildren, setShownChildren] = useState<Opening["shownChildren"]>(new Map());
  return {
    opening: { toggled, shownChildren, initially },
    toggle: (id, isOpen) => setToggled(new Map(toggled).set(id, isOpen)),
    showMore: (id) => {
      const count = shownChildren.get(id) ?? FIRST_CHILDREN;
      setShownChildren(new Map(shownChildren).set(id, count + MORE_CHILDREN));
    },
    openSiblings: ({ parent, depth }, rows) => {
      const siblings = rows.filter((row) => row.parent === parent && row.depth === depth);
      setToggled(new Map([...toggled, ...siblings.map(({ id }) => [id, true] as const)]));
    },
  };
}
