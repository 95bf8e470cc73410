/** Moving in a list: `j`, `k` and the arrows go from row to row, Home and End to its ends. Enter is the row's own. */
import type { RefObject } from "preact";
import { useKeys } from "./keys";

/** What in a row takes the focus has this attribute. */
const ROWS = "[data-row]";

export function useListKeys(list: RefObject<HTMLElement | null>): void {
  const rows = () => [...(list.current?.querySelectorAll<HTMLElement>(ROWS) ?? [])];
  const move = (step: number) => {
    const all = rows();
    const at = all.findIndex((row) => row.contains(document.activeElement));
    return focus(all[at === -1 ? 0 : at + step]);
  };
  /** An arrow scrolls the page unless the focus is in the list. */
  const arrow = (step: number) => isInside(list.current) && move(step);
  const toEnd = (index: number) => isInside(list.current) && focus(rows().at(index));
  useKeys({
    j: () => move(1),
    k: () => move(-1),
    ArrowDown: () => arrow(1),
    ArrowUp: () => arrow(-1),
    Home: () => toEnd(0),
    End: () => toEnd(-1),
  });
}

function isInside(list: HTMLElement | null): boolean {
  return list?.contains(document.activeElement) ?? false;
}

function focus(row: HTMLElement | undefined): boolean {
  row?.focus();
  row?.scrollIntoView({ block: "nearest" });
  return row !== undefined;
}
