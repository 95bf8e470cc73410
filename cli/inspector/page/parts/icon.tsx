/** Icons, drawn as lines on a field of 16 by 16. They say nothing that is not also said in words. */

const PATHS = {
  actors: "M8 2 13.2 5v6L8 14 2.8 11V5zM8 8l5.2-3M8 8 2.8 5M8 8v6",
  turns: "M2 4h7M4.5 8H13M2 12h5M12 4h2M10 12h4",
  events: "M9 1.5 3.5 9H8l-1 5.5L12.5 7H8z",
  letters: "M2 4.5h12v8H2zM2 5l6 4.5L14 5M5.5 1.8h5",
  search: "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10zM10.8 10.8 14 14",
  chevron: "m6 3.5 4.5 4.5L6 12.5",
  back: "M9.5 3.5 5 8l4.5 4.5",
  copy: "M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8z",
  check: "m3 8.5 3.2 3.2L13 5",
  cross: "M4 4l8 8M12 4l-8 8",
  warning: "M8 2.2 14.5 13.5h-13zM8 6.5v3.2M8 11.6v.1",
  refresh: "M13.2 6.5A5.5 5.5 0 1 0 13.5 9M13.5 3v3.6H9.9",
  pause: "M5.5 3.5v9M10.5 3.5v9",
  play: "M5 3.2 12.5 8 5 12.8z",
  plus: "M8 3v10M3 8h10",
  trash: "M3 4.5h10M6.5 4.5v-2h3v2M4.5 4.5l.6 9h5.8l.6-9M6.8 7v4M9.2 7v4",
  redrive: "M13 11.5H6.5a3.5 3.5 0 1 1 0-7H12M9.5 2 12 4.5 9.5 7",
  clock: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 4.8V8l2.2 1.6",
  lock: "M3.5 7.5h9v6h-9zM5.5 7.5V5a2.5 2.5 0 0 1 5 0v2.5",
  eye: "M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8zM8 9.8a1.8 1.8 0 1 0 0-3.6 1.8 1.8 0 0 0 0 3.6z",
  repeat:
    "M11 1.8 13.5 4 11 6.2M13.2 4H5a2.8 2.8 0 0 0-2.5 2.8V8M5 14.2 2.5 12 5 9.8M2.8 12H11a2.8 2.8 0 0 0 2.5-2.8V8",
  lost: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM6.2 6.3A1.9 1.9 0 0 1 8 5c1 0 1.8.7 1.8 1.6C9.8 8 8 8 8 9.2M8 11.3v.1",
  sun: "M8 10.8a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6zM8 1.5v1.3M8 13.2v1.3M1.5 8h1.3M13.2 8h1.3M3.4 3.4l.9.9M11.7 11.7l.9.9M12.6 3.4l-.9.9M4.3 11.7l-.9.9",
  moon: "M13.2 9.6A5.6 5.6 0 0 1 6.4 2.8a5.6 5.6 0 1 0 6.8 6.8z",
  auto: "M2 3h12v8H2zM5.5 13.8h5",
  keyboard: "M1.8 4h12.4v8H1.8zM4.3 6.6h.1M6.8 6.6h.1M9.2 6.6h.1M11.7 6.6h.1M5 9.4h6",
  empty: "M2 9.5 4 3h8l2 6.5v4H2zM2 9.5h3.5L6.5 11h3l1-1.5H14",
  plug: "M6 1.8v3.4M10 1.8v3.4M4 5.2h8v2.3a4 4 0 0 1-8 0zM8 11.5v2.7",
  run: "M3 3.2 10 8l-7 4.8zM13 3.5v9",
  more: "M3.5 8h.1M8 8h.1M12.5 8h.1",
  arrow: "M3 8h10M9 4l4 4-4 4",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, class: extra = "" }: { readonly name: IconName; readonly class?: string }) {
  return (
    <svg class={`icon ${extra}`} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
