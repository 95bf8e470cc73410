/** What an actor has arranged for itself. */
import { useRef } from "preact/hooks";
import type { ActorView } from "../../../api";
import { useListKeys } from "../../keyboard/list-keys";
import { Badge } from "../../parts/badge";
import { Disclosure, Pairs } from "../../parts/disclosure";
import { Empty } from "../../parts/states";
import { Ago } from "../../parts/time";
import { Tree } from "../../tree/tree";
import { formatMoment, formatSpan } from "../../values/format";
import { preview } from "../../values/packed";

type Reminder = ActorView["reminders"][number];

export function Reminders({ reminders }: { readonly reminders: readonly Reminder[] }) {
  const list = useRef<HTMLUListElement>(null);
  useListKeys(list);
  if (reminders.length === 0) {
    return (
      <Empty icon="clock" title="No reminders">
        A method sets one with <code>this.ctx.remind(name, when, method)</code>.
      </Empty>
    );
  }
  const byTime = reminders.toSorted((one, other) => dueOf(one) - dueOf(other));
  return (
    <ul class="rows" ref={list} aria-label="Reminders">
      {byTime.map((reminder) => (
        <ReminderRow key={reminder.name} reminder={reminder} />
      ))}
    </ul>
  );
}

function ReminderRow({ reminder }: { readonly reminder: Reminder }) {
  const { name, method, args, dueMs, attempts = 0, retryMs, begun, id, missed, timezone } = reminder;
  const summary = (
    <span class="reminder-grid">
      <span class="strong">{name}</span>
      <code class="cut">
        {method}({args.map((arg) => preview(arg, 30)).join(", ")})
      </code>
      <span class="badges">
        {attempts > 0 && <Badge tone="warn">failed {attempts}×</Badge>}
        <span class="muted">{recurrenceOf(reminder)}</span>
      </span>
      <span class="right">
        <Ago atMs={dueOf(reminder)} />
      </span>
    </span>
  );
  return (
    <Disclosure summary={summary} label={`Reminder ${name}`}>
      {() => (
        <>
          <Pairs
            pairs={[
              ["For", formatMoment(dueMs)],
              ["Repeats", recurrenceOf(reminder)],
              ["Time zone", timezone],
              ["When missed", missed && MISSED[missed]],
              ["Failed attempts", attempts > 0 && attempts],
              ["Not again before", retryMs !== undefined && formatMoment(retryMs)],
              ["Begun without an end", begun],
              ["Setting", <code key="id">{id}</code>],
            ]}
          />
          {args.length > 0 && <Tree value={args} label="Arguments" root="args" />}
        </>
      )}
    </Disclosure>
  );
}

const MISSED: Readonly<Record<string, string>> = {
  once: "one turn for all of them",
  each: "a turn for each",
  skip: "none, when more than a minute late",
};

function dueOf({ dueMs, retryMs = dueMs }: Reminder): number {
  return retryMs;
}

function recurrenceOf({ everyMs, cron }: Reminder): string {
  if (everyMs !== undefined) return `every ${formatSpan(everyMs)}`;
  return cron === undefined ? "once" : `cron ${cron}`;
}
