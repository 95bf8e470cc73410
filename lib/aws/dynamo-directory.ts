/**
 * Finds actors on DynamoDB, in the order in which it keeps them. There is no index for this, on purpose: it would make every commit
 * dearer. So it scans, which costs a read unit for each 8 KB of the table that it passes.
 */
import { type DynamoDBDocumentClient, ScanCommand } from "@aws-sdk/lib-dynamodb";
import { parseAddressKey } from "../address";
import {
  type ActorPage,
  type ActorQuery,
  type ActorSummary,
  badPage,
  checkLimit,
  type Directory,
} from "../inspect/directory";
import { HEAD_SORT_KEY, headOfItem } from "./dynamo-item";
import { DynamoTable, type Item } from "./dynamo-table";

/** One query reads at most so many pages of 1 MB: what is looked for may be rare, and somebody waits. */
const MOST_PAGES = 8;

const SHOWN = ["pk", "sk", "version", "fence", "leaseId", "leaseUntil", "wakeAt"];
const NAMES = Object.fromEntries([...SHOWN, "state"].map((name) => [`#${name}`, name]));
/** No state, no inbox: what a list does not show need not travel. */
const PROJECTION = SHOWN.map((name) => `#${name}`).join(", ");

const IS_HEAD = "#sk = :head";
const HAS_STATE = "attribute_exists(#state)";
const IS_OF_TYPE = "begins_with(#pk, :type)";
/** The key has the type too: whoever searches looks at the ids once more. */
const MAY_MATCH = "contains(#pk, :search)";

export class DynamoDirectory implements Directory {
  private readonly table: DynamoTable;

  constructor(client: DynamoDBDocumentClient, name: string) {
    this.table = new DynamoTable(client, { name, variable: "DURABLE_TABLE" });
  }

  async list({ type, search = "", after, limit }: ActorQuery): Promise<ActorPage> {
    const most = checkLimit(limit);
    const conditions = [IS_HEAD, HAS_STATE];
    const values: Item = { ":head": HEAD_SORT_KEY };
    if (type !== undefined) {
      conditions.push(IS_OF_TYPE);
      values[":type"] = `${type}/`;
    }
    if (search !== "") {
      conditions.push(MAY_MATCH);
      values[":search"] = search;
    }
    const actors: ActorSummary[] = [];
    let next = after === undefined ? undefined : startOf(after);
    for (let pages = 0; pages < MOST_PAGES; pages++) {
      const command = new ScanCommand({
        TableName: this.table.name,
        FilterExpression: conditions.join(" AND "),
        ProjectionExpression: PROJECTION,
        ExpressionAttributeNames: NAMES,
        ExpressionAttributeValues: values,
        ...(next === undefined ? {} : { ExclusiveStartKey: next }),
      });
      const { Items: items = [], LastEvaluatedKey } = await this.table.sending((client) =>
        client.send(command),
      );
      const found = items.map(summaryOf).filter(({ id }) => id.includes(search));
      const isFull = actors.length + found.length > most;
      actors.push(...found.slice(0, most - actors.length));
      if (isFull) return { actors, next: keyOf(actors.at(-1) as ActorSummary) };
      next = LastEvaluatedKey;
      if (next === undefined) return { actors };
      if (actors.length === most) break;
    }
    // Where the scan has come to, be it between actors.
    return { actors, next: endOf(next as Item) };
  }

  async counts(): Promise<undefined> {
    return undefined;
  }
}

function summaryOf(item: Item): ActorSummary {
  const { version, leaseUntilMs, wakeAtMs } = headOfItem(item);
  return {
    ...parseAddressKey(item.pk as string),
    version,
    ...(leaseUntilMs === undefined ? {} : { leaseUntilMs }),
    ...(wakeAtMs === undefined ? {} : { wakeAtMs }),
  };
}

function keyOf({ type, id }: ActorSummary): string {
  return endOf({ pk: `${type}/${id}`, sk: HEAD_SORT_KEY });
}

/** Where a page ended, as its `next`. */
function endOf({ pk, sk }: Item): string {
  return JSON.stringify([pk, sk]);
}

/** @throws UnexpectedEvent when `next` is not that of a page */
function startOf(next: string): Item {
  try {
    const [pk, sk, ...more] = JSON.parse(next) as unknown[];
    if (typeof pk === "string" && typeof sk === "string" && more.length === 0) return { pk, sk };
  } catch {
    // The same error as for JSON of another form.
  }
  throw badPage(next);
}
