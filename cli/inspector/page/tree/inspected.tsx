/** A value with all that helps to look at it: search, open, close, raw JSON, copy. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { useKeys } from "../keyboard/keys";
import { Button, CopyButton } from "../parts/button";
import { Search, Segmented } from "../parts/fields";
import { ScrollableText } from "../parts/scrollable-text";
import type { Changes } from "../values/changes";
import { formatCount } from "../values/format";
import type { Json } from "../values/json";
import type { Opening } from "./rows";
import { Tree } from "./tree";

interface InspectedProps {
  readonly value: Json;
  readonly label: string;
  readonly root: string;
  readonly changes: Changes;
  readonly changedAt: number;
  /** Between the tools and the value. */
  readonly children?: ComponentChildren;
}

export function Inspected({ value, label, root, changes, changedAt, children }: InspectedProps) {
  const [form, setForm] = useState<"tree" | "json">("tree");
  const [query, setQuery] = useState("");
  const [opening, setOpening] = useState<{
    readonly initially: Opening["initially"];
    readonly round: number;
  }>({
    initially: "near",
    round: 0,
  });
  useKeys({ j: focusTree, k: focusTree });
  const openTo = (initially: Opening["initially"]) => setOpening({ initially, round: opening.round + 1 });
  return (
    <div class="inspected">
      <div class="inspected-tools">
        {form === "tree" && (
          <Search label="Search in the state" value={query} onInput={setQuery} isMain onLeave={focusTree} />
        )}
        <span class="spring" />
        {form === "tree" && (
          <>
            <Button kind="quiet" isSmall onClick={() => openTo("all")}>
              Open all
            </Button>
            <Button kind="quiet" isSmall onClick={() => openTo("none")}>
              Close all
            </Button>
          </>
        )}
        <Segmented
          label="Shown as"
          value={form}
          options={[
            { value: "tree", text: "Tree" },
            { value: "json", text: "JSON", title: "As it is stored" },
          ]}
          onChange={setForm}
        />
        <CopyButton text={() => JSON.stringify(value, null, 2)} label="Copy it all as JSON" />
      </div>
      {children}
      {form === "tree" ? (
        <Tree
          key={opening.round}
          value={value}
          label={label}
          root={root}
          query={query}
          initially={opening.initially}
          changes={changes}
          changedAt={changedAt}
        />
      ) : (
        <RawJson value={value} label={label} />
      )}
    </div>
  );
}

function focusTree(): void {
  document.querySelector<HTMLElement>('.inspected [role="treeitem"][tabindex="0"]')?.focus();
}

const SHOWN_JSON = 100_000;

function RawJson({ value, label }: { readonly value: Json; readonly label: string }) {
  const [isWhole, setWhole] = useState(false);
  const text = JSON.stringify(value, null, 2);
  const isLong = text.length > SHOWN_JSON;
  return (
    <>
      <ScrollableText
        label={`${label} as JSON`}
        text={isLong && !isWhole ? text.slice(0, SHOWN_JSON) : text}
      />
      {isLong && !isWhole && (
        <Button isSmall onClick={() => setWhole(true)}>
          Show all {formatCount(text.length)} characters
        </Button>
      )}
    </>
  );
}
