/** Which turns are shown: of one type, of one method, with one outcome. */
import { useMemo } from "preact/hooks";
import type { Turn } from "../../../api";
import { Select } from "../../parts/fields";
import { Icon } from "../../parts/icon";
import { change } from "../../routing/location";
import type { Route } from "../../routing/route";
import { app } from "../../state/app";
import { useCell } from "../../state/cell";
import { formatCount } from "../../values/format";
import { OUTCOMES } from "./outcome";

type Filter = Extract<Route, { page: "turns" }>;
type Name = Turn["outcome"];

export function matchesFilter(turn: Turn, { type, method, outcome }: Filter): boolean {
  return (
    (type === undefined || turn.actor === type) &&
    (method === undefined || turn.method === method) &&
    (outcome === undefined || turn.outcome === outcome)
  );
}

interface TurnFiltersProps {
  readonly filter: Filter;
  /** All that are kept. */
  readonly turns: readonly Turn[];
}

export function TurnFilters({ filter, turns }: TurnFiltersProps) {
  const info = useCell(app);
  const counts = useMemo(() => countOutcomes(turns, filter), [turns, filter]);
  const types = distinct([
    ...(info?.actors ?? []).map(({ name }) => name),
    ...turns.map(({ actor }) => actor),
  ]);
  const methods = useMemo(() => methodsOf(turns, filter), [turns, filter]);
  const set = (part: Partial<Record<"type" | "method" | "outcome", string>>) => {
    const { page: _page, ...given } = { ...filter, ...part };
    const kept = Object.entries(given).filter(([, value]) => value !== "");
    change({ page: "turns", ...Object.fromEntries(kept) });
  };
  return (
    <div class="toolbar">
      <Select
        label="Type"
        value={filter.type ?? ""}
        options={[{ value: "", text: "All types" }, ...types.map((name) => ({ value: name, text: name }))]}
        onChange={(type) => set({ type, method: "" })}
      />
      <Select
        label="Method"
        value={filter.method ?? ""}
        options={[
          { value: "", text: "All methods" },
          ...methods.map((name) => ({ value: name, text: name })),
        ]}
        onChange={(method) => set({ method })}
      />
      <fieldset class="chips" aria-label="Outcome">
        {(Object.keys(OUTCOMES) as Name[]).map((name) => (
          <button
            key={name}
            type="button"
            class={`chip ${name}`}
            aria-pressed={filter.outcome === name}
            title={OUTCOMES[name].meaning}
            onClick={() => set({ outcome: filter.outcome === name ? "" : name })}
          >
            <Icon name={OUTCOMES[name].icon} />
            {name} <span class="chip-count">{formatCount(counts.get(name) ?? 0)}</span>
          </button>
        ))}
      </fieldset>
    </div>
  );
}

/** Whatever outcome is chosen: the numbers say what choosing another one would show. */
function countOutcomes(turns: readonly Turn[], { page, type, method }: Filter): ReadonlyMap<Name, number> {
  const filter: Filter = {
    page,
    ...(type === undefined ? {} : { type }),
    ...(method === undefined ? {} : { method }),
  };
  const counts = new Map<Name, number>();
  for (const turn of turns) {
    if (matchesFilter(turn, filter)) counts.set(turn.outcome, (counts.get(turn.outcome) ?? 0) + 1);
  }
  return counts;
}

function methodsOf(turns: readonly Turn[], { type, method }: Filter): readonly string[] {
  const ofType = turns.filter(({ actor }) => type === undefined || actor === type);
  return distinct([...ofType.map((turn) => turn.method), ...(method === undefined ? [] : [method])]);
}

function distinct(names: readonly string[]): readonly string[] {
  return [...new Set(names)].sort();
}
