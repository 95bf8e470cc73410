/** One line of a tree. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { CopyButton } from "../parts/button";
import { Highlighted } from "../parts/highlighted";
import { Icon } from "../parts/icon";
import type { Change } from "../values/changes";
import { formatCount, formatMoment, formatRelative, plural } from "../values/format";
import { type Branch, isBranch, type Leaf, preview, typeOf } from "../values/packed";
import { formatPath } from "../values/path";
import { copiedText } from "./copied";
import { MORE_CHILDREN } from "./opening";
import { labelOf, type MoreRow, type TreeRow, type ValueRow } from "./rows";

interface LineProps {
  readonly row: TreeRow;
  readonly root: string;
  readonly query: string;
  readonly isActive: boolean;
  readonly change: Change | undefined;
  readonly hasChangeInside: boolean;
  readonly changedAt: number;
  readonly onAct: () => void;
  readonly onFocus: () => void;
}

export function TreeLine(props: LineProps) {
  const { row } = props;
  return row.kind === "more" ? <MoreLine {...props} row={row} /> : <ValueLine {...props} row={row} />;
}

function MoreLine({ row, isActive, onAct, onFocus }: LineProps & { readonly row: MoreRow }) {
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the tree has the keys
    <div
      class="tree-line more"
      role="treeitem"
      aria-level={row.depth + 1}
      tabIndex={isActive ? 0 : -1}
      style={{ "--depth": row.depth }}
      onClick={onAct}
      onFocus={onFocus}
    >
      <span class="twist" />
      <span class="link">
        Show {formatCount(Math.min(row.rest, MORE_CHILDREN))} more of {formatCount(row.rest)}
      </span>
    </div>
  );
}

function ValueLine(props: LineProps & { readonly row: ValueRow }) {
  const { row, root, query, isActive, change, hasChangeInside, changedAt, onAct, onFocus } = props;
  const { shown, isOpen, depth, steps } = row;
  const step = steps.at(-1);
  const isOpenable = isBranch(shown) && shown.size > 0;
  const changedClass = change === undefined ? "" : change.kind;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the tree has the keys
    <div
      class={`tree-line ${changedClass}`}
      role="treeitem"
      aria-level={depth + 1}
      aria-setsize={row.siblings}
      aria-posinset={row.position}
      aria-expanded={isOpenable ? isOpen : undefined}
      tabIndex={isActive ? 0 : -1}
      style={{ "--depth": depth }}
      onClick={() => isOpenable && isNothingSelected() && onAct()}
      onFocus={onFocus}
    >
      {(change !== undefined || hasChangeInside) && <span key={changedAt} class="flash" />}
      <span class={isOpenable ? "twist openable" : "twist"}>{isOpenable && <Icon name="chevron" />}</span>
      {step !== undefined && (
        <span class={`key of-${step.kind}`}>
          <Highlighted text={labelOf(step)} query={query} />
          <span class="colon">{step.kind === "entry" ? " →" : ":"}</span>
        </span>
      )}
      {isBranch(shown) ? <BranchValue shown={shown} row={row} /> : <LeafValue leaf={shown} query={query} />}
      <Was change={change} hasChangeInside={hasChangeInside} />
      <span class="line-actions">
        <CopyButton text={() => copiedText(row)} label="Copy the value" tabIndex={isActive ? 0 : -1} />
        <CopyButton
          text={() => formatPath(root, steps)}
          label="Copy the path"
          icon="arrow"
          tabIndex={isActive ? 0 : -1}
        />
      </span>
    </div>
  );
}

/** Who marks a text in a line does not want to open it. */
function isNothingSelected(): boolean {
  return getSelection()?.isCollapsed ?? true;
}

function Was({ change, hasChangeInside }: Pick<LineProps, "change" | "hasChangeInside">) {
  if (change === undefined) {
    return hasChangeInside ? <span class="was">changed inside</span> : null;
  }
  if (change.kind === "added") return <span class="was">new</span>;
  return (
    <span class="was" title={`It was ${change.before}`}>
      was {change.before}
    </span>
  );
}

function BranchValue({ shown, row }: { readonly shown: Branch; readonly row: ValueRow }) {
  const { note } = shown;
  return (
    <span class="value branch">
      {(shown.kind !== "object" || shown.size === 0) && <span class="type-name">{typeOf(shown)}</span>}
      {!row.isOpen && shown.size > 0 && <span class="preview">{preview(row.value, 120)}</span>}
      {row.isOpen && shown.kind === "object" && <span class="preview">{plural(shown.size, "field")}</span>}
      {note !== undefined && <span class="value-note">{note}</span>}
    </span>
  );
}

const SHORT_TEXT = 240;

function LeafValue({ leaf, query }: { readonly leaf: Leaf; readonly query: string }) {
  const { kind, text, type } = leaf;
  const [isWhole, setWhole] = useState(false);
  const isLong = text.length > SHORT_TEXT;
  const cut = isLong && !isWhole ? `${text.slice(0, SHORT_TEXT).toWellFormed()}…` : text;
  const quoted = kind === "string" && !isWhole ? JSON.stringify(cut) : cut;
  return (
    <>
      <span class={`value ${kind} ${isWhole ? "whole" : ""}`}>
        <Highlighted text={quoted} query={query} />
        {kind === "bigint" && <span class="suffix">n</span>}
      </span>
      {isLong && (
        <TextButton onClick={() => setWhole(!isWhole)}>
          {isWhole ? "Show less" : `Show all ${formatCount(text.length)} characters`}
        </TextButton>
      )}
      {type !== undefined && (
        <span class="type-name" title={kind === "date" ? momentOf(text) : undefined}>
          {type}
        </span>
      )}
    </>
  );
}

function momentOf(iso: string): string | undefined {
  const atMs = Date.parse(iso);
  return Number.isNaN(atMs) ? undefined : `${formatMoment(atMs)}, ${formatRelative(atMs, Date.now())}`;
}

function TextButton({
  onClick,
  children,
}: {
  readonly onClick: () => void;
  readonly children: ComponentChildren;
}) {
  const press = (event: MouseEvent) => {
    event.stopPropagation();
    onClick();
  };
  return (
    <button type="button" class="text-button" onClick={press}>
      {children}
    </button>
  );
}
