/** A packed value as a tree that is opened and walked with the keyboard, as the ARIA practices have it. */
import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { copy } from "../parts/button";
import { tell } from "../state/toasts";
import { type Changes, NO_CHANGES } from "../values/changes";
import type { Json } from "../values/json";
import { isBranch } from "../values/packed";
import { formatPath, type PathId } from "../values/path";
import { copiedText } from "./copied";
import { useOpening } from "./opening";
import { type Opening, rowsOf, type TreeRow } from "./rows";
import { TreeLine } from "./tree-line";

interface TreeProps {
  readonly value: Json;
  readonly label: string;
  /** What paths begin with: `this`, `result`. */
  readonly root: string;
  readonly query?: string;
  readonly initially?: Opening["initially"];
  readonly changes?: Changes;
  /** Another one each time that `changes` are new. */
  readonly changedAt?: number;
}

export function Tree({
  value,
  label,
  root,
  query = "",
  initially = "near",
  changes = NO_CHANGES,
  changedAt = 0,
}: TreeProps) {
  const { opening, toggle, showMore, openSiblings } = useOpening(initially);
  const { toggled, shownChildren } = opening;
  const [active, setActive] = useState<PathId>();
  const [moves, setMoves] = useState(0);
  const moved = useRef(0);
  const list = useRef<HTMLDivElement>(null);
  const { rows, found, isCut } = useMemo(
    () => rowsOf(value, opening, query),
    [value, toggled, shownChildren, initially, query],
  );
  const at = Math.max(
    0,
    rows.findIndex(({ id }) => id === active),
  );

  useLayoutEffect(() => {
    if (moved.current === moves) return;
    moved.current = moves;
    (list.current?.children[at] as HTMLElement | undefined)?.focus();
  });

  const moveTo = (row: TreeRow | undefined) => {
    if (row === undefined) return;
    setMoves(moves + 1);
    setActive(row.id);
  };
  const act = (row: TreeRow): void => {
    setActive(row.id);
    if (row.kind === "more") showMore(row.parent);
    else if (isBranch(row.shown) && query === "") toggle(row.id, !row.isOpen);
  };
  const right = (row: TreeRow) => {
    if (row.kind === "more" || !isBranch(row.shown)) return;
    if (row.isOpen) moveTo(rows[at + 1]);
    else toggle(row.id, true);
  };
  const left = (row: TreeRow) => {
    if (row.kind === "value" && isBranch(row.shown) && row.isOpen && query === "") toggle(row.id, false);
    else moveTo(rows.find(({ id }) => id === row.parent));
  };
  const copyFrom = (row: TreeRow, what: "value" | "path") => {
    if (row.kind === "more") return;
    void copy(what === "value" ? copiedText(row) : formatPath(root, row.steps));
    tell("plain", what === "value" ? "Value copied" : "Path copied");
  };
  const KEYS: Readonly<Record<string, (row: TreeRow) => void>> = {
    ArrowDown: () => moveTo(rows[at + 1]),
    ArrowUp: () => moveTo(rows[at - 1]),
    j: () => moveTo(rows[at + 1]),
    k: () => moveTo(rows[at - 1]),
    Home: () => moveTo(rows[0]),
    End: () => moveTo(rows.at(-1)),
    ArrowRight: right,
    ArrowLeft: left,
    Enter: act,
    " ": act,
    "*": (row) => row.kind === "value" && openSiblings(row, rows),
    y: (row) => copyFrom(row, "value"),
    Y: (row) => copyFrom(row, "path"),
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const row = rows[at];
    const isOnLine = (event.target as HTMLElement).getAttribute("role") === "treeitem";
    const action = Object.hasOwn(KEYS, event.key) ? KEYS[event.key] : undefined;
    if (!isOnLine || row === undefined || action === undefined) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    action(row);
  };

  return (
    <>
      {query !== "" && (
        <p class="tree-found" role="status">
          {found === 0 ? `Nothing in it contains “${query}”.` : `${found}${isCut ? " and more" : ""} found`}
        </p>
      )}
      <div class="tree" role="tree" aria-label={label} ref={list} onKeyDown={onKeyDown}>
        {rows.map((row, index) => (
          <TreeLine
            key={row.id}
            row={row}
            root={root}
            query={query}
            isActive={index === at}
            change={changes.places.get(row.id)}
            hasChangeInside={row.kind === "value" && !row.isOpen && changes.around.has(row.id)}
            changedAt={changedAt}
            onAct={() => act(row)}
            onFocus={() => setActive(row.id)}
          />
        ))}
      </div>
    </>
  );
}
