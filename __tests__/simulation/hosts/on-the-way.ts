/** Requests that a service does not take as they are: batches of which it takes only some, and wakes on their way. */
import { QUEUES } from "../cloud/names";
import type { Service, ServiceRequest } from "../cloud/service";
import type { World } from "../world";

type Fields = Readonly<Record<string, unknown>>;

interface SendEntry {
  readonly Id: string;
  readonly MessageBody: string;
  readonly MessageGroupId?: string;
  readonly DelaySeconds?: number;
}

const HINT = '{"wake"';
const MAX_DELAY_SECONDS = 900;

export function applyPartly(world: World, service: Service, request: ServiceRequest): object {
  const { command, input } = request;
  const apply = (other: Fields) => service.apply({ command, input: other }, world.timeline.nowMs);
  if (command === "SendMessageBatchCommand") {
    const entries = input.Entries as readonly SendEntry[];
    if (input.QueueUrl === QUEUES.wakes) return sendWakes(world, input, entries, apply);
    if (entries.length > 1 && world.faults.strikes("partial-send"))
      return sendSome(world, input, entries, apply);
  }
  if (command === "PutEventsCommand") {
    const entries = input.Entries as readonly object[];
    if (world.faults.strikes("partial-publish")) return publishSome(world, input, entries, apply);
  }
  if (command === "BatchWriteCommand" && world.faults.strikes("partial-parts")) {
    const [[table, items]] = Object.entries(input.RequestItems as Record<string, readonly object[]>) as [
      [string, readonly object[]],
    ];
    const taken = world.chance.between(0, items.length - 1);
    if (taken > 0) apply({ RequestItems: { [table]: items.slice(0, taken) } });
    return { UnprocessedItems: { [table]: items.slice(taken) } };
  }
  return apply(input);
}

/** One fails, and those of its group behind it, or only itself: then these have overtaken it. */
function sendSome(
  world: World,
  input: Fields,
  entries: readonly SendEntry[],
  apply: (input: Fields) => object,
): object {
  const failing = world.chance.between(0, entries.length - 1);
  const isWhole = world.chance.isTrue(0.5);
  const group = entries[failing]?.MessageGroupId;
  const fails = (entry: SendEntry, index: number) =>
    index === failing ||
    (index > failing && isWhole && group !== undefined && entry.MessageGroupId === group);
  const taken = entries.filter((entry, index) => !fails(entry, index));
  for (const [index, entry] of entries.entries()) {
    const isAhead = index > failing && group !== undefined && entry.MessageGroupId === group;
    if (isAhead && !fails(entry, index)) world.history.overtakes(entry.MessageBody);
  }
  const answer = taken.length === 0 ? { Successful: [] } : apply({ ...input, Entries: taken });
  const Failed = entries
    .filter(fails)
    .map(({ Id }) => ({ Id, Code: "InternalError", Message: "Try again.", SenderFault: false }));
  return { ...answer, Failed };
}

/** The answer keeps the order of the entries. */
function publishSome(
  world: World,
  input: Fields,
  entries: readonly object[],
  apply: (input: Fields) => object,
): object {
  const failing = new Set(entries.filter(() => world.chance.isTrue(0.5)));
  const taken = entries.filter((entry) => !failing.has(entry));
  const answers =
    taken.length === 0 ? [] : (apply({ ...input, Entries: taken }) as { Entries: object[] }).Entries;
  let next = 0;
  const Entries = entries.map((entry) =>
    failing.has(entry) ? { ErrorCode: "InternalFailure", ErrorMessage: "Try again." } : answers[next++],
  );
  return { FailedEntryCount: failing.size, Entries };
}

/** Hints may be lost, doubled, early or late; messages with a delay are only doubled. */
function sendWakes(
  world: World,
  input: Fields,
  entries: readonly SendEntry[],
  apply: (input: Fields) => object,
): object {
  const { faults, chance, timeline } = world;
  const sent: SendEntry[] = [];
  const lost: SendEntry[] = [];
  for (const entry of entries) {
    const { DelaySeconds = 0 } = entry;
    const isHint = entry.MessageBody.startsWith(HINT);
    if (isHint && (timeline.nowMs < world.wakesLostUntilMs || faults.strikes("wake-lost"))) {
      lost.push(entry);
    } else if (isHint && DelaySeconds > 0 && faults.strikes("wake-early")) {
      sent.push({ ...entry, DelaySeconds: chance.between(0, DelaySeconds - 1) });
    } else if (isHint && faults.strikes("wake-late")) {
      sent.push({
        ...entry,
        DelaySeconds: Math.min(MAX_DELAY_SECONDS, DelaySeconds + chance.between(1, 120)),
      });
    } else {
      sent.push(entry);
      if (faults.strikes("wake-doubled")) apply({ ...input, Entries: [{ ...entry, Id: "again" }] });
    }
  }
  const answer = sent.length === 0 ? {} : apply({ ...input, Entries: sent });
  const { Successful = [] } = answer as { Successful?: readonly object[] };
  return {
    ...answer,
    Successful: [...Successful, ...lost.map(({ Id }) => ({ Id, MessageId: `lost-${Id}` }))],
  };
}
