/** A long list of rows of one height, of which only those in sight are in the document. The keys of lists work in it. */
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { useKeys } from "../keyboard/keys";

interface WindowedProps {
  readonly label: string;
  readonly count: number;
  readonly rowPx: number;
  readonly row: (index: number, isActive: boolean) => ComponentChildren;
  /** Names the row, whatever place it has. */
  readonly keyOf: (index: number) => string;
  /** Where it is, kept by whoever shows it: it is the same when they show it again. */
  readonly place: { scrollTop: number; active: number };
  /** The end is near. */
  readonly onEnd: () => void;
  /** Behind the last row. */
  readonly children?: ComponentChildren;
}

/** Rows above and below those in sight. */
const SPARE = 12;

export function Windowed({ label, count, rowPx, row, keyOf, place, onEnd, children }: WindowedProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const list = useRef<HTMLUListElement>(null);
  const [heightPx, setHeightPx] = useState(0);
  const [scrollTop, setScrollTop] = useState(place.scrollTop);
  const [active, setActive] = useState(place.active);
  // The row that is moved to may be the active one: then it is drawn for the focus alone.
  const [moves, setMoves] = useState(0);
  const moved = useRef(0);

  useLayoutEffect(() => {
    const element = scroller.current as HTMLDivElement;
    element.scrollTop = place.scrollTop;
    const measure = () => setHeightPx(element.clientHeight);
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    measure();
    return () => observer.disconnect();
  }, [place]);

  const from = Math.max(0, Math.floor(scrollTop / rowPx) - SPARE);
  const to = Math.min(count, Math.ceil((scrollTop + heightPx) / rowPx) + SPARE);

  useLayoutEffect(() => {
    if (count - to < SPARE) onEnd();
  }, [to, count]);

  useLayoutEffect(() => {
    if (moved.current === moves) return;
    moved.current = moves;
    list.current?.querySelector<HTMLElement>('[data-row][tabindex="0"]')?.focus({ preventScroll: true });
  });

  const choose = (index: number) => {
    place.active = index;
    setActive(index);
  };
  const moveTo = (index: number) => {
    const element = scroller.current;
    if (count === 0 || element === null) return false;
    const at = Math.max(0, Math.min(count - 1, index));
    const top = at * rowPx;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + rowPx > element.scrollTop + element.clientHeight)
      element.scrollTop = top + rowPx - element.clientHeight;
    setScrollTop(element.scrollTop);
    setMoves(moves + 1);
    choose(at);
    return true;
  };
  const isInside = () => list.current?.contains(document.activeElement) ?? false;
  const move = (step: number) => moveTo(isInside() ? active + step : active);
  const pageRows = Math.max(1, Math.floor(heightPx / rowPx) - 1);
  useKeys({
    j: () => move(1),
    k: () => move(-1),
    ArrowDown: () => isInside() && move(1),
    ArrowUp: () => isInside() && move(-1),
    PageDown: () => isInside() && move(pageRows),
    PageUp: () => isInside() && move(-pageRows),
    Home: () => isInside() && moveTo(0),
    End: () => isInside() && moveTo(count - 1),
  });

  const rows = [];
  for (let index = from; index < to; index++) {
    rows.push(
      <li
        key={keyOf(index)}
        class="windowed-row"
        style={{ transform: `translateY(${index * rowPx}px)`, height: `${rowPx}px` }}
        aria-setsize={count}
        aria-posinset={index + 1}
        onFocusCapture={() => choose(index)}
      >
        {row(index, index === Math.min(active, count - 1))}
      </li>,
    );
  }
  const onScroll = () => {
    place.scrollTop = scroller.current?.scrollTop ?? 0;
    setScrollTop(place.scrollTop);
  };
  return (
    <div class="scroller windowed" ref={scroller} onScroll={onScroll}>
      <ul ref={list} aria-label={label} style={{ height: `${count * rowPx}px` }}>
        {rows}
      </ul>
      {children}
    </div>
  );
}
