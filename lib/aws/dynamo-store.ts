/**
 * The store on DynamoDB. Each act is one conditional `UpdateItem` on the actor's head; `aws/dynamo-item.ts` says what
 * the head looks like.
 *
 *     free ──acquire──► held ──commit──► held ──commit+release──► free
 *                         └─ time passes: acquire by another raises the fence, and the first one's commit is refused
 *
 * A refused condition may be the repetition of our own write; see `aws/dynamo-table.ts`.
 */
import {
  BatchWriteCommand,
  type DynamoDBDocumentClient,
  PutCommand,
  QueryCommand,
} from "@aws-sdk/lib-dynamodb";
import { type Address, addressKey } from "../address";
import { type Clock, sleep, systemClock } from "../clock";
import { StoreUnavailable } from "../errors";
import type { Lease } from "../lease";
import { backoffMs, type Random, systemRandom } from "../random";
import type {
  Acquired,
  Commit,
  Committed,
  Head,
  LeaseRequest,
  Part,
  Release,
  Seen,
  Store,
  Unheld,
} from "../store";
import type { DuePage } from "../wake";
import { chunks } from "./chunks";
import { expirySeconds, HEAD_SORT_KEY, headOfItem, itemOfPart, partOfItem, partSortKey } from "./dynamo-item";
import { type Changes, type Condition, DynamoTable, type Item, type Written } from "./dynamo-table";
import { readDue, WAKE_SHARDS, wakeKeys } from "./dynamo-wakes";

// Conditions. Safety rests on the first six alone; the others only say who may try.
const SAME_LEASE = "#leaseId = :leaseId";
const SAME_FENCE = "#fence = :onFence";
const NEVER_HELD = "attribute_not_exists(#fence)";
const SAME_VERSION = "#version = :onVersion";
const NEVER_COMMITTED = "attribute_not_exists(#version)";
const NO_PIECES = "attribute_not_exists(#pieces)";
const NO_LEASE = "attribute_not_exists(#leaseId)";
const LEASE_ENDED = "#leaseUntil <= :now";

const FREE = `(${NO_LEASE} OR ${LEASE_ENDED})`;
const HELD = `${SAME_LEASE} AND ${SAME_FENCE}`;

/** What becomes of a lease that is given back. */
const FREED: Changes = { leaseId: null, leaseUntil: null };

const PARTS_BETWEEN = "pk = :pk AND sk BETWEEN :first AND :last";
/** Sorts after every ASCII character. */
const AFTER_ASCII = "\u00ff";

/** An item has at most 400 KB, with its key and its names. */
const MAX_PART_BYTES = 390 * 1_024;

/** DynamoDB takes 16 MB a request, but a body of quotes is twice as long on the way; and smaller ones fail for less. */
const MAX_BATCH_BYTES = 4 * 1_024 * 1_024;
const MAX_BATCH_ITEMS = 25;
const MAX_ATTEMPTS_IN_VAIN = 8;

export class DynamoStore implements Store {
  readonly wakeShards = WAKE_SHARDS;
  readonly maxPartBytes = MAX_PART_BYTES;
  private readonly table: DynamoTable;
  private readonly clock: Clock;
  private readonly random: Random;

  constructor(
    client: DynamoDBDocumentClient,
    table: string,
    { clock = systemClock, random = systemRandom }: { readonly clock?: Clock; readonly random?: Random } = {},
  ) {
    this.table = new DynamoTable(client, { name: table, variable: "DURABLE_TABLE" });
    this.clock = clock;
    this.random = random;
  }

  async acquire(address: Address, { leaseId, nowMs, untilMs }: LeaseRequest, seen?: Seen): Promise<Acquired> {
    const { expression, values } = seen === undefined ? free(nowMs) : freeAsSeen(seen, nowMs);
    const written = await this.table.update(headKey(address), {
      UpdateExpression: "SET #leaseId = :leaseId, #leaseUntil = :until ADD #fence :one",
      ConditionExpression: expression,
      ExpressionAttributeValues: { ...values, ":leaseId": leaseId, ":until": untilMs, ":one": 1 },
      ReturnValues: "ALL_NEW",
    });
    if (written.ok) return { acquired: true, head: headOfItem(written.item ?? {}) };
    const current = currentHead(written);
    if (current?.leaseId === leaseId) return { acquired: true, head: current };
    return { acquired: false, current };
  }

  async commit(address: Address, right: Lease | Unheld, commit: Commit): Promise<Committed> {
    const changes = {
      version: commit.onVersion + 1,
      ...leaseAfter(right, commit),
      ...changesOf(address, commit),
    };
    const condition =
      "seen" in right ? freeAsSeen(right.seen, right.request.nowMs) : heldAt(right, commit.onVersion);
    const written = await this.table.change(headKey(address), changes, condition);
    return written.ok ? { committed: true } : { committed: false, current: currentHead(written) };
  }

  async release(address: Address, lease: Lease, release: Release): Promise<void> {
    const pieces = release.hasPieces === false ? null : undefined;
    const changes = { ...FREED, pieces, ...changesOf(address, release) };
    await this.table.change(headKey(address), changes, held(lease));
  }

  async renew(
    address: Address,
    lease: Lease,
    untilMs: number,
    marks?: { readonly hasPieces: true },
  ): Promise<boolean> {
    const changes = { leaseUntil: untilMs, pieces: marks?.hasPieces };
    return (await this.table.change(headKey(address), changes, held(lease))).ok;
  }

  async read(address: Address, options: { consistent: boolean }): Promise<Head | undefined> {
    const item = await this.table.get(headKey(address), options);
    return item === undefined ? undefined : headOfItem(item);
  }

  async writeParts(address: Address, parts: readonly Part[], removed: readonly string[] = []): Promise<void> {
    const key = addressKey(address);
    const [first, ...others] = parts;
    if (first !== undefined && others.length + removed.length === 0) {
      const command = new PutCommand({ TableName: this.table.name, Item: itemOfPart(key, first) });
      await this.table.sending((client) => client.send(command));
      return;
    }
    const writes: Write[] = [
      ...parts.map((part) => ({ PutRequest: { Item: itemOfPart(key, part) } })),
      ...removed.map((name) => ({ DeleteRequest: { Key: { pk: key, sk: partSortKey(name) } } })),
    ];
    for (const chunk of chunks(writes, MAX_BATCH_ITEMS, MAX_BATCH_BYTES, bytesOf)) await this.writeAll(chunk);
  }

  async readPart(address: Address, name: string): Promise<Part | undefined> {
    const key = { pk: addressKey(address), sk: partSortKey(name) };
    const item = await this.table.get(key, { consistent: true });
    return item === undefined ? undefined : partOfItem(item);
  }

  async readParts(address: Address, prefix: string, from = prefix): Promise<Part[]> {
    const first = from > prefix ? from : prefix;
    const last = prefix + AFTER_ASCII;
    if (first > last) return [];
    const parts: Part[] = [];
    let after: Item | undefined;
    do {
      const command = new QueryCommand({
        TableName: this.table.name,
        KeyConditionExpression: PARTS_BETWEEN,
        ExpressionAttributeValues: {
          ":pk": addressKey(address),
          ":first": partSortKey(first),
          ":last": partSortKey(last),
        },
        ConsistentRead: true,
        ...(after === undefined ? {} : { ExclusiveStartKey: after }),
      });
      const page = await this.table.sending((client) => client.send(command));
      parts.push(...(page.Items ?? []).map(partOfItem));
      after = page.LastEvaluatedKey;
    } while (after !== undefined);
    return parts;
  }

  readDue(shard: number, untilMs: number, after?: string): Promise<DuePage> {
    return readDue(this.table, shard, untilMs, after);
  }

  /** DynamoDB may take only some of a batch when it is busy: 1,000 write units a second are what one actor can have. */
  private async writeAll(writes: readonly Write[]): Promise<void> {
    const { name } = this.table;
    let left = writes;
    let inVain = 0;
    for (let attempt = 1; ; attempt++) {
      const command = new BatchWriteCommand({ RequestItems: { [name]: [...left] } });
      const { UnprocessedItems: unprocessed } = await this.table.sending((client) => client.send(command));
      const still = (unprocessed?.[name] ?? []) as readonly Write[];
      if (still.length === 0) return;
      // Slow is not stuck.
      inVain = still.length < left.length ? 0 : inVain + 1;
      left = still;
      if (inVain === MAX_ATTEMPTS_IN_VAIN) break;
      await sleep(this.clock, backoffMs(attempt, 50, 1_000, this.random));
    }
    throw new StoreUnavailable(
      `DynamoDB left ${left.length} of ${writes.length} items unwritten, ${inVain} times in a row.`,
      { table: name, attempts: inVain },
    );
  }
}

/** A part that is written or removed, as a batch has it. */
type Write =
  | { readonly PutRequest: { readonly Item: Item } }
  | { readonly DeleteRequest: { readonly Key: Item } };

function bytesOf(write: Write): number {
  return "PutRequest" in write ? Buffer.byteLength(write.PutRequest.Item.body as string) : 0;
}

function headKey(address: Address): Item {
  return { pk: addressKey(address), sk: HEAD_SORT_KEY };
}

/** What a commit makes of the lease. */
function leaseAfter(right: Lease | Unheld, { release }: Commit): Changes {
  if (!("seen" in right)) return release ? FREED : {};
  const { seen, request } = right;
  const fence = seen.fence + 1;
  if (!release) return { leaseId: request.leaseId, leaseUntil: request.untilMs, fence };
  return seen.leaseId === undefined ? { fence } : { ...FREED, fence };
}

function held({ id, fence }: Lease): Condition {
  return { expression: HELD, values: { ":leaseId": id, ":onFence": fence } };
}

function heldAt(lease: Lease, onVersion: number): Condition {
  return all(held(lease), atVersion(onVersion));
}

function free(nowMs: number): Condition {
  return { expression: FREE, values: { ":now": nowMs } };
}

/** Nobody has had the actor since it was seen. Where there was no lease, none can have come without another fence. */
function freeAsSeen({ version, fence, leaseId }: Seen, nowMs: number): Condition {
  const isSame = all(atVersion(version), atFence(fence));
  return leaseId === undefined ? isSame : all(isSame, all(WHOLE, free(nowMs)));
}

/** An endpoint refuses values that no expression names, so what is not there carries nothing to compare with. */
function atVersion(version: number): Condition {
  if (version === 0) return { expression: NEVER_COMMITTED, values: {} };
  return { expression: SAME_VERSION, values: { ":onVersion": version } };
}

const WHOLE: Condition = { expression: NO_PIECES, values: {} };

function atFence(fence: number): Condition {
  if (fence === 0) return { expression: NEVER_HELD, values: {} };
  return { expression: SAME_FENCE, values: { ":onFence": fence } };
}

/** Without parentheses: some endpoints take long to read many of them. */
function all(one: Condition, other: Condition): Condition {
  return {
    expression: `${one.expression} AND ${other.expression}`,
    values: { ...one.values, ...other.values },
  };
}

function changesOf(address: Address, commit: Partial<Commit>): Changes {
  const { state, inbox, spilled, failing, outbox, reminders } = commit;
  const { wakeAtMs, usedAtMs: usedAt, expiresAtMs } = commit;
  const schema = state === null ? null : commit.schema;
  const attributes = { state, schema, inbox, spilled: spilled || undefined, failing, outbox, reminders };
  const expiresAt = typeof expiresAtMs === "number" ? expirySeconds(expiresAtMs) : expiresAtMs;
  return { ...attributes, ...wakeKeys(address, wakeAtMs), usedAt, expiresAt };
}

function currentHead({ current }: Extract<Written, { ok: false }>): Head | undefined {
  return current === undefined ? undefined : headOfItem(current);
}
