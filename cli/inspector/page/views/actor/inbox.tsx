/** Calls that were applied: what a repetition of each would be answered. */
import { useRef } from "preact/hooks";
import type { ActorView } from "../../../api";
import { useListKeys } from "../../keyboard/list-keys";
import { Badge, type Tone } from "../../parts/badge";
import { Disclosure, Pairs } from "../../parts/disclosure";
import { Empty } from "../../parts/states";
import { Tree } from "../../tree/tree";
import { formatCount, formatMoment } from "../../values/format";
import { preview } from "../../values/packed";
import { parsedOr } from "../../values/parsed";

type Applied = ActorView["applied"][number];

interface InboxProps {
  readonly applied: readonly Applied[];
  readonly hasOlder: boolean;
}

export function Inbox({ applied, hasOlder }: InboxProps) {
  const list = useRef<HTMLUListElement>(null);
  useListKeys(list);
  if (applied.length === 0) {
    return (
      <Empty icon="empty" title="No calls here">
        {hasOlder
          ? "The calls that were applied have moved to parts beside the head."
          : "The ids of applied calls stand here: one that comes again gets its first answer."}
      </Empty>
    );
  }
  return (
    <>
      <ul class="rows" ref={list} aria-label="Applied calls">
        {applied.map((call) => (
          <AppliedRow key={call.key} call={call} />
        ))}
      </ul>
      {hasOlder && <p class="list-end">Older calls are beside the head, for 15 days.</p>}
    </>
  );
}

function AppliedRow({ call }: { readonly call: Applied }) {
  const { key, version, keepUntilMs, part, made, result } = call;
  const { word, tone } = outcomeOf(call);
  return (
    <Disclosure
      label={`Call ${key}, ${word}`}
      summary={
        <span class="inbox-grid">
          <span class="version">v{formatCount(version)}</span>
          <code>{key}</code>
          <Badge tone={tone}>{word}</Badge>
          <span class="cut preview">{result !== undefined && preview(parsedOr(result), 100)}</span>
        </span>
      }
    >
      {() => (
        <>
          <Pairs
            pairs={[
              ["Key", <code key="key">{key}</code>],
              ["Committed with", `version ${version}`],
              ["Stays in the head until", keepUntilMs !== undefined && formatMoment(keepUntilMs)],
              ["Result in part", part !== undefined && <code key="part">{part}</code>],
              ["Calls made before", made],
            ]}
          />
          {result !== undefined && (
            <Tree value={parsedOr(result)} label={call.isFailure ? "Error" : "Result"} root="result" />
          )}
        </>
      )}
    </Disclosure>
  );
}

function outcomeOf({ isFailure, isPending, made, result, part }: Applied): {
  readonly word: string;
  readonly tone: Tone;
} {
  if (isFailure) return { word: "failed", tone: "bad" };
  if (isPending) return { word: "left open", tone: "info" };
  if (made !== undefined) return { word: "checkpoint", tone: "violet" };
  return { word: result === undefined && part === undefined ? "applied" : "answered", tone: "good" };
}
