/**
 * The store on DynamoDB. Each act is one conditional `UpdateItem` on the actor's head; `aws/dynamo-item.ts` says what
 * the head looks like.
 *
 *     free ──acquire──► held ──commit──► held ──commit+release──► free
 *                         └─ time passes: acquire by another raises the fence, and the first one's commit is refused
 *
 * Any write may have been applied although its response was lost and the SDK sent it again. The repetition then fails
 * its own condition; what the refusal brings (`ALL_OLD`, else a read) shows that it was our own write.
 */
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import {
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
  type UpdateCommandInput,
  type UpdateCommandOutput,
} from "@aws-sdk/lib-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import { type Address, addressKey } from "../address";
import type { Lease } from "../lease";
import type { Acquired, Commit, Committed, Head, LeaseRequest, Part, Store } from "../store";
import { fromDynamo } from "./dynamo-errors";
import { HEAD_SORT_KEY, headOfItem, type Item, itemOfPart, partOfItem, partSortKey } from "./dynamo-item";

// Conditions. Safety rests on the first three alone; the others only say who may try. Every name has a #: some are
// reserved words, and parsing is quicker than for bare names.
const SAME_LEASE = "#leaseId = :leaseId";
const SAME_FENCE = "#fence = :fence";
const SAME_VERSION = "#version = :onVersion";
const NEVER_COMMITTED = "attribute_not_exists(#version)";
const NO_LEASE = "attribute_not_exists(#leaseId)";
const LEASE_ENDED = "#leaseUntil <= :now";

const FREE = `${NO_LEASE} OR ${LEASE_ENDED}`;
const HELD = `${SAME_LEASE} AND ${SAME_FENCE}`;

/** An item has at most 400 KB; the head needs some for its inbox and its names. */
const MAX_STATE_BYTES = 360 * 1_024;
const MAX_PART_BYTES = 390 * 1_024;

type Written =
  | { readonly ok: true; readonly item: Item | undefined }
  | { readonly ok: false; readonly current: Head | undefined };

export class DynamoStore implements Store {
  readonly maxStateBytes = MAX_STATE_BYTES;
  readonly maxPartBytes = MAX_PART_BYTES;

  constructor(
    private readonly client: DynamoDBDocumentClient,
    private readonly table: string,
  ) {}

  async acquire(address: Address, { leaseId, nowMs, untilMs }: LeaseRequest): Promise<Acquired> {
    const written = await this.update(address, {
      UpdateExpression: "SET #leaseId = :leaseId, #leaseUntil = :until ADD #fence :one",
      ConditionExpression: FREE,
      ExpressionAttributeValues: { ":leaseId": leaseId, ":until": untilMs, ":now": nowMs, ":one": 1 },
      ReturnValues: "ALL_NEW",
    });
    if (written.ok) return { acquired: true, head: headOfItem(written.item ?? {}) };
    const { current } = written;
    if (current?.leaseId === leaseId) return { acquired: true, head: current };
    return { acquired: false, leaseUntilMs: current?.leaseUntilMs ?? nowMs };
  }

  async commit(address: Address, lease: Lease, commit: Commit): Promise<Committed> {
    const { onVersion, state, schema, inbox, spilled, release } = commit;
    const set = ["#version = :version"];
    const values: Record<string, unknown> = {
      ":leaseId": lease.id,
      ":fence": lease.fence,
      ":version": onVersion + 1,
    };
    if (onVersion > 0) values[":onVersion"] = onVersion;
    if (state !== undefined) {
      set.push("#state = :state");
      values[":state"] = state;
    }
    if (schema !== undefined) {
      set.push("#schema = :schema");
      values[":schema"] = schema;
    }
    if (inbox !== undefined) {
      set.push("#inbox = :inbox");
      values[":inbox"] = inbox;
    }
    if (spilled) {
      set.push("#spilled = :spilled");
      values[":spilled"] = true;
    }
    const written = await this.update(address, {
      UpdateExpression: `SET ${set.join(", ")}${release ? " REMOVE #leaseId, #leaseUntil" : ""}`,
      ConditionExpression: `${HELD} AND ${onVersion > 0 ? SAME_VERSION : NEVER_COMMITTED}`,
      ExpressionAttributeValues: values,
    });
    return written.ok ? { committed: true } : { committed: false, current: written.current };
  }

  async release(address: Address, lease: Lease): Promise<void> {
    await this.update(address, {
      UpdateExpression: "REMOVE #leaseId, #leaseUntil",
      ConditionExpression: HELD,
      ExpressionAttributeValues: { ":leaseId": lease.id, ":fence": lease.fence },
    });
  }

  async renew(address: Address, lease: Lease, untilMs: number): Promise<boolean> {
    const written = await this.update(address, {
      UpdateExpression: "SET #leaseUntil = :until",
      ConditionExpression: HELD,
      ExpressionAttributeValues: { ":leaseId": lease.id, ":fence": lease.fence, ":until": untilMs },
    });
    return written.ok;
  }

  async read(address: Address, { consistent }: { consistent: boolean }): Promise<Head | undefined> {
    const command = new GetCommand({
      TableName: this.table,
      Key: headKey(address),
      ConsistentRead: consistent,
    });
    const { Item: item } = await this.sending(() => this.client.send(command));
    return item === undefined ? undefined : headOfItem(item);
  }

  async writePart(address: Address, part: Part): Promise<void> {
    const command = new PutCommand({ TableName: this.table, Item: itemOfPart(addressKey(address), part) });
    await this.sending(() => this.client.send(command));
  }

  async readParts(address: Address, prefix: string): Promise<Part[]> {
    const parts: Part[] = [];
    let after: Item | undefined;
    do {
      const page = await this.sending(() =>
        this.client.send(
          new QueryCommand({
            TableName: this.table,
            KeyConditionExpression: "pk = :pk AND begins_with(sk, :prefix)",
            ExpressionAttributeValues: { ":pk": addressKey(address), ":prefix": partSortKey(prefix) },
            ConsistentRead: true,
            ...(after === undefined ? {} : { ExclusiveStartKey: after }),
          }),
        ),
      );
      parts.push(...(page.Items ?? []).map(partOfItem));
      after = page.LastEvaluatedKey;
    } while (after !== undefined);
    return parts;
  }

  /** A conditional update of the head. A refusal is a result; it brings the head as it is now. */
  private async update(
    address: Address,
    input: Omit<UpdateCommandInput, "TableName" | "Key">,
  ): Promise<Written> {
    const command = new UpdateCommand({
      TableName: this.table,
      Key: headKey(address),
      ExpressionAttributeNames: namesIn(`${input.UpdateExpression} ${input.ConditionExpression}`),
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
      ...input,
    });
    try {
      const output: UpdateCommandOutput = await this.client.send(command);
      return { ok: true, item: output.Attributes };
    } catch (thrown) {
      if (!isRefusal(thrown)) throw fromDynamo(thrown, this.table);
      // Some endpoints do not know ALL_OLD.
      const current =
        thrown.Item === undefined
          ? await this.read(address, { consistent: true })
          : headOfItem(unmarshall(thrown.Item));
      return { ok: false, current };
    }
  }

  private async sending<T>(request: () => Promise<T>): Promise<T> {
    try {
      return await request();
    } catch (thrown) {
      throw fromDynamo(thrown, this.table);
    }
  }
}

function headKey(address: Address): { pk: string; sk: string } {
  return { pk: addressKey(address), sk: HEAD_SORT_KEY };
}

/** `#name` stands for `name`, in all expressions here. There are only a few of these, and each is sent again and again. */
function namesIn(expressions: string): Record<string, string> {
  let names = knownNames.get(expressions);
  if (names === undefined) {
    names = Object.fromEntries(
      Array.from(expressions.matchAll(/#(\w+)/g), ([alias, name]) => [alias, String(name)]),
    );
    knownNames.set(expressions, names);
  }
  return names;
}

const knownNames = new Map<string, Record<string, string>>();

/** By name: an application may bundle a second copy of the SDK. */
function isRefusal(thrown: unknown): thrown is Error & { readonly Item?: Record<string, AttributeValue> } {
  return thrown instanceof Error && thrown.name === "ConditionalCheckFailedException";
}
