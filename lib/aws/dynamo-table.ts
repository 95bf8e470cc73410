/**
 * One DynamoDB table, as the adapters use it: conditional writes of which a refusal is a result, names that need no
 * escaping, and typed errors.
 *
 * Any write may have been applied although its response was lost and the SDK sent it again. The repetition then fails
 * its own condition; what the refusal brings (`ALL_OLD`, else a read) lets the caller see that it was its own write.
 */
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import {
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  UpdateCommand,
  type UpdateCommandInput,
} from "@aws-sdk/lib-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import { fromDynamo, type TableName } from "./dynamo-errors";

export type Item = Record<string, unknown>;

/** What becomes of attributes: `undefined` leaves one as it is, `null` or empty text takes it away. */
export type Changes = Readonly<Record<string, unknown>>;

/** When to write: an expression, and the values in it. */
export interface Condition {
  readonly expression: string;
  readonly values: Item;
}

/** A refusal brings the item as it is now. */
export type Written =
  | { readonly ok: true; readonly item: Item | undefined }
  | { readonly ok: false; readonly current: Item | undefined };

export class DynamoTable {
  readonly name: string;

  constructor(
    private readonly client: DynamoDBDocumentClient,
    private readonly table: TableName,
  ) {
    this.name = table.name;
  }

  /** Writes an item if none has this key. */
  async create(key: Item, attributes: Item): Promise<Written> {
    const condition = "attribute_not_exists(#pk)";
    const command = new PutCommand({
      TableName: this.name,
      Item: { ...key, ...attributes },
      ConditionExpression: condition,
      ExpressionAttributeNames: namesIn(condition),
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    });
    return this.write(key, () => this.client.send(command));
  }

  /** Every name in the expressions has a #: some are reserved words, and parsing is quicker than for bare names. */
  update(key: Item, input: Omit<Update, "ExpressionAttributeNames">): Promise<Written> {
    const names = namesIn(`${input.UpdateExpression} ${input.ConditionExpression}`);
    return this.send(key, { ...input, ExpressionAttributeNames: names });
  }

  /** Changes some attributes of an item. The values of the condition have other names than the changed attributes. */
  change(key: Item, changes: Changes, { expression, values }: Condition): Promise<Written> {
    const all = { ...values };
    let form = expression;
    for (const name of Object.keys(changes)) {
      const value = changes[name];
      if (value === undefined) continue;
      const isGone = value === null || value === "";
      form += isGone ? ` -${name}` : ` +${name}`;
      if (!isGone) all[`:${name}`] = value;
    }
    return this.send(key, { ...updateOf(form, expression), ExpressionAttributeValues: all });
  }

  async get(key: Item, { consistent }: { consistent: boolean }): Promise<Item | undefined> {
    const command = new GetCommand({ TableName: this.name, Key: key, ConsistentRead: consistent });
    return (await this.sending((client) => client.send(command))).Item;
  }

  async sending<T>(request: (client: DynamoDBDocumentClient) => Promise<T>): Promise<T> {
    try {
      return await request(this.client);
    } catch (thrown) {
      throw fromDynamo(thrown, this.table);
    }
  }

  private send(key: Item, update: Update): Promise<Written> {
    const command = new UpdateCommand({
      TableName: this.name,
      Key: key,
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
      ...update,
    });
    return this.write(key, () => this.client.send(command));
  }

  private async write(
    key: Item,
    request: () => Promise<{ Attributes?: Item | undefined }>,
  ): Promise<Written> {
    try {
      return { ok: true, item: (await request()).Attributes };
    } catch (thrown) {
      if (!isRefusal(thrown)) throw fromDynamo(thrown, this.table);
      // Some endpoints do not know ALL_OLD.
      const current =
        thrown.Item === undefined ? await this.get(key, { consistent: true }) : unmarshall(thrown.Item);
      return { ok: false, current };
    }
  }
}

/** What an update says, but for which item. */
type Update = Omit<UpdateCommandInput, "TableName" | "Key">;

/** The expressions of a form: a condition, and the attributes that are set (+) and removed (-). Few, and each is sent again and again. */
function updateOf(form: string, condition: string): Update {
  const known = knownUpdates.get(form);
  if (known !== undefined) return known;
  const names = form.slice(condition.length + 1).split(" ");
  const set = names.filter((name) => name.startsWith("+")).map((name) => name.slice(1));
  const removed = names.filter((name) => name.startsWith("-")).map((name) => `#${name.slice(1)}`);
  const clauses = [
    ...(set.length > 0 ? [`SET ${set.map((name) => `#${name} = :${name}`).join(", ")}`] : []),
    ...(removed.length > 0 ? [`REMOVE ${removed.join(", ")}`] : []),
  ];
  const expression = clauses.join(" ");
  const update = {
    UpdateExpression: expression,
    ConditionExpression: condition,
    ExpressionAttributeNames: namesIn(`${expression} ${condition}`),
  };
  knownUpdates.set(form, update);
  return update;
}

const knownUpdates = new Map<string, Update>();

/** `#name` stands for `name`, in all expressions. There are only a few of these, and each is sent again and again. */
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
