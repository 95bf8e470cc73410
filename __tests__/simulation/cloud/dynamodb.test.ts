/** The simulated DynamoDB, in what the adapters' contracts do not reach: time, limits, refusals, and what checkers use. */
import { unmarshall } from "@aws-sdk/util-dynamodb";
import { type AppliedWrite, SimulatedDynamoDb } from "./dynamodb";

const KEY = { pk: "Thing/a", sk: "HEAD" };

let service: SimulatedDynamoDb;
beforeEach(() => {
  service = new SimulatedDynamoDb([
    { name: "State", keys: ["pk", "sk"], indexes: [{ name: "wakes", keys: ["wakeShard", "wakeAt"] }] },
    { name: "Workflows", keys: ["pk"] },
  ]);
});

const put = (item: object, nowMs = 0, more: object = {}) =>
  service.apply({ command: "PutCommand", input: { TableName: "State", Item: item, ...more } }, nowMs);

const update = (input: object, nowMs = 0) =>
  service.apply({ command: "UpdateCommand", input: { TableName: "State", Key: KEY, ...input } }, nowMs);

const read = (nowMs: number, isConsistent: boolean) => {
  const input = { TableName: "State", Key: KEY, ConsistentRead: isConsistent };
  return (service.apply({ command: "GetCommand", input }, nowMs) as { Item?: object }).Item;
};

const query = (input: object, nowMs = 0) =>
  service.apply({ command: "QueryCommand", input: { TableName: "State", ...input } }, nowMs) as {
    Items: Record<string, unknown>[];
    LastEvaluatedKey?: object;
  };

const due = (nowMs: number, more: object = {}) =>
  query(
    {
      IndexName: "wakes",
      KeyConditionExpression: "wakeShard = :shard AND wakeAt <= :until",
      ExpressionAttributeValues: { ":shard": 1, ":until": 100 },
      ...more,
    },
    nowMs,
  );

const moments = (nowMs: number) => due(nowMs).Items.map(({ wakeAt }) => wakeAt);

function thrownBy(act: () => unknown): Error & { readonly Item?: Record<string, { S?: string }> } {
  try {
    act();
  } catch (thrown) {
    return thrown as Error;
  }
  throw new Error("Nothing was thrown.");
}

describe("an index", () => {
  const wakeAt = (at: number | undefined, nowMs: number, key: object = KEY) =>
    put({ ...key, ...(at === undefined ? {} : { wakeShard: 1, wakeAt: at }) }, nowMs);

  it("shows a change when its lag is over, and the state before until then", () => {
    service.indexLagMs = () => 50;
    wakeAt(7, 1_000);
    expect(moments(1_049)).toEqual([]);
    expect(moments(1_050)).toEqual([7]);
    wakeAt(8, 2_000);
    expect(moments(2_049)).toEqual([7]);
    expect(moments(2_050)).toEqual([8]);
    wakeAt(undefined, 3_000);
    expect(moments(3_049)).toEqual([8]);
    expect(moments(3_050)).toEqual([]);
  });

  it("never lets a change of an item overtake an earlier one; changes of other items may", () => {
    const lags = [100, 10, 20];
    service.indexLagMs = () => lags.shift() ?? 0;
    wakeAt(7, 0);
    wakeAt(8, 1);
    wakeAt(9, 2, { ...KEY, pk: "Thing/b" });
    expect(moments(22)).toEqual([9]);
    expect(moments(99)).toEqual([9]);
    expect(moments(100)).toEqual([8, 9]);
  });

  it("holds only items that have both of its keys, and of them only keys", () => {
    put({ ...KEY, wakeAt: 5, state: "x" });
    expect(due(0).Items).toEqual([]);
    put({ ...KEY, wakeShard: 1, state: "x" });
    const all = { KeyConditionExpression: "wakeShard = :shard", ExpressionAttributeValues: { ":shard": 1 } };
    expect(due(0, all).Items).toEqual([]);
    put({ ...KEY, wakeShard: 1, wakeAt: 5, state: "x" });
    expect(due(0).Items).toEqual([{ ...KEY, wakeShard: 1, wakeAt: 5 }]);
  });

  it("takes no lag for a write that leaves its keys alone", () => {
    let asked = 0;
    service.indexLagMs = () => ++asked;
    wakeAt(7, 0);
    put({ ...KEY, wakeShard: 1, wakeAt: 7, state: "x" }, 1);
    expect(asked).toBe(1);
  });

  it("comes in pages, of which a full one always says where it ended", () => {
    for (const [index, at] of [3, 1, 2].entries()) wakeAt(at, 0, { pk: `Thing/${index}`, sk: "HEAD" });
    const first = due(0, { Limit: 2 });
    expect(first.Items.map(({ wakeAt }) => wakeAt)).toEqual([1, 2]);
    expect(first.LastEvaluatedKey).toEqual({ pk: "Thing/2", sk: "HEAD", wakeShard: 1, wakeAt: 2 });
    const second = due(0, { Limit: 1, ExclusiveStartKey: first.LastEvaluatedKey });
    expect(second.Items.map(({ wakeAt }) => wakeAt)).toEqual([3]);
    const third = due(0, { Limit: 1, ExclusiveStartKey: second.LastEvaluatedKey });
    expect(third).toEqual({ Items: [], Count: 0, ScannedCount: 0 });
  });
});

describe("a query of a table", () => {
  const names = (more: object = {}) => {
    const { Items: items, LastEvaluatedKey: last } = query({
      KeyConditionExpression: "pk = :pk AND sk BETWEEN :first AND :last",
      ExpressionAttributeValues: { ":pk": "Thing/a", ":first": "b", ":last": "y" },
      ConsistentRead: true,
      ...more,
    });
    return { items: items.map(({ sk }) => sk), last };
  };
  const putNamed = (sk: string, bytes = 1) => put({ pk: "Thing/a", sk, body: "x".repeat(bytes) });

  it("gives what is between the bounds, in order, also what was added since the last one", () => {
    for (const sk of ["c", "b", "a", "z", "y"]) putNamed(sk);
    expect(names()).toEqual({ items: ["b", "c", "y"], last: undefined });
    putNamed("bb");
    expect(names()).toEqual({ items: ["b", "bb", "c", "y"], last: undefined });
  });

  it("ends a page before it has more than 1 MB, and goes on from there", () => {
    for (const sk of ["c", "d", "e", "f"]) putNamed(sk, 349_000);
    const last = { pk: "Thing/a", sk: "e" };
    expect(names()).toEqual({ items: ["c", "d", "e"], last });
    expect(names({ ExclusiveStartKey: last })).toEqual({ items: ["f"], last: undefined });
    expect(names({ Limit: 1 })).toEqual({ items: ["c"], last: { pk: "Thing/a", sk: "c" } });
  });
});

describe("an eventually consistent read", () => {
  it("answers as of some time ago, a consistent one as of now", () => {
    put({ ...KEY, state: "1" }, 1_000);
    put({ ...KEY, state: "2" }, 2_000);
    service.staleMs = () => 500;
    expect(read(1_499, false)).toBeUndefined();
    expect(read(1_500, false)).toMatchObject({ state: "1" });
    expect(read(2_499, false)).toMatchObject({ state: "1" });
    expect(read(2_499, true)).toMatchObject({ state: "2" });
    expect(read(2_500, false)).toMatchObject({ state: "2" });
  });

  it("gives the oldest version that is known when it asks for an older one", () => {
    for (let nowMs = 1; nowMs <= 100; nowMs++) put({ ...KEY, n: nowMs }, nowMs);
    service.staleMs = () => 99;
    expect(read(100, false)).toEqual({ ...KEY, n: 85 });
  });
});

describe("a refused condition", () => {
  const refused = {
    UpdateExpression: "SET #state = :state",
    ConditionExpression: "#version = :version",
    ExpressionAttributeNames: { "#state": "state", "#version": "version" },
    ExpressionAttributeValues: { ":state": "2", ":version": 5 },
  };

  it("brings the item as the document client leaves it, when it is asked to", () => {
    put({ ...KEY, version: 4, flag: true });
    const thrown = thrownBy(() => update({ ...refused, ReturnValuesOnConditionCheckFailure: "ALL_OLD" }));
    expect(thrown.name).toBe("ConditionalCheckFailedException");
    expect(thrown.Item?.pk).toEqual({ S: "Thing/a" });
    expect(unmarshall(thrown.Item as never)).toEqual({ ...KEY, version: 4, flag: true });
    expect(thrownBy(() => update(refused))).not.toHaveProperty("Item");
    expect(read(0, true)).toEqual({ ...KEY, version: 4, flag: true });
  });

  it("brings nothing when there is no item, and makes none", () => {
    const thrown = thrownBy(() => update({ ...refused, ReturnValuesOnConditionCheckFailure: "ALL_OLD" }));
    expect(thrown).not.toHaveProperty("Item");
    expect(read(0, true)).toBeUndefined();
  });
});

describe("an update", () => {
  it("reads all that it copies from the item as it was", () => {
    put({ ...KEY, a: 1, b: 2 });
    const names = { "#a": "a", "#b": "b", "#c": "c", "#d": "d" };
    const answer = update({
      UpdateExpression: "SET #a = #b, #b = #a, #c = if_not_exists(#c, :c) ADD #d :d",
      ExpressionAttributeNames: names,
      ExpressionAttributeValues: { ":c": "new", ":d": 3 },
      ReturnValues: "ALL_NEW",
    });
    expect(answer).toEqual({ Attributes: { ...KEY, a: 2, b: 1, c: "new", d: 3 } });
  });

  it("answers with nothing unless it is asked to", () => {
    const input = { ExpressionAttributeNames: { "#a": "a" }, ExpressionAttributeValues: { ":a": 1 } };
    expect(update({ UpdateExpression: "SET #a = :a", ...input })).toEqual({});
  });
});

describe("a request is refused", () => {
  const names = { "#a": "a" };
  const set = { UpdateExpression: "SET #a = :a", ExpressionAttributeNames: names };
  const values = { ":a": 1 };
  const both = { ...set, ExpressionAttributeValues: values };

  it.each<[string, object]>([
    ["a name that no expression uses", { ...both, ExpressionAttributeNames: { ...names, "#b": "b" } }],
    ["a name that is not defined", { ...both, ConditionExpression: "attribute_exists(#b)" }],
    ["a value that no expression uses", { ...both, ExpressionAttributeValues: { ...values, ":b": 1 } }],
    ["a value that is not defined", set],
    ["a value that is undefined", { ...set, ExpressionAttributeValues: { ":a": undefined } }],
    ["no values at all", { ...both, UpdateExpression: "REMOVE #a", ExpressionAttributeValues: {} }],
    ["an empty update", { ...both, UpdateExpression: "" }],
    ["an attribute that is changed twice", { ...both, UpdateExpression: "SET #a = :a REMOVE #a" }],
    ["a clause that stands twice", { ...both, UpdateExpression: "SET #a = :a SET #b = :a" }],
    ["a key that would change", { ...both, ExpressionAttributeNames: { "#a": "sk" } }],
    [
      "a sum with text",
      { ...both, UpdateExpression: "ADD #a :a", ExpressionAttributeNames: { "#a": "text" } },
    ],
    ["no sort key", { ...both, Key: { pk: "Thing/a" } }],
    ["an attribute more in the key", { ...both, Key: { ...KEY, more: 1 } }],
    ["a key of another type", { ...both, Key: { ...KEY, sk: 1 } }],
    ["an empty key", { ...both, Key: { ...KEY, sk: "" } }],
    ["a key that is too long", { ...both, Key: { ...KEY, pk: "é".repeat(1_025) } }],
    ["an index key of another type", { ...both, ExpressionAttributeNames: { "#a": "wakeText" } }],
  ])("for %s", (_, input) => {
    service = new SimulatedDynamoDb([
      { name: "State", keys: ["pk", "sk"], indexes: [{ name: "texts", keys: ["pk", "wakeText"] }] },
    ]);
    put({ ...KEY, text: "x", wakeText: "x" });
    expect(thrownBy(() => update(input)).name).toBe("ValidationException");
    expect(read(0, true)).toEqual({ ...KEY, text: "x", wakeText: "x" });
  });

  it("for an item of more than 400 KB, names and bytes counted, with the words that the adapters look for", () => {
    const limit = 400 * 1_024 - Buffer.byteLength(`pk${KEY.pk}sk${KEY.sk}éé`);
    expect(() => put({ ...KEY, é: `é${"x".repeat(limit)}` })).not.toThrow();
    const tooLarge = `é${"x".repeat(limit + 1)}`;
    expect(thrownBy(() => put({ ...KEY, é: tooLarge }))).toMatchObject({
      name: "ValidationException",
      message: expect.stringMatching(/item size/i),
    });
    const input = { ExpressionAttributeNames: { "#a": "é" }, ExpressionAttributeValues: { ":a": tooLarge } };
    expect(thrownBy(() => update({ UpdateExpression: "SET #a = :a", ...input }))).toMatchObject({
      name: "ValidationException",
      message: expect.stringMatching(/item size/i),
    });
  });

  it("for a table or an index that does not exist", () => {
    expect(thrownBy(() => put(KEY, 0, { TableName: "Missing" })).name).toBe("ResourceNotFoundException");
    expect(thrownBy(() => due(0, { IndexName: "missing" }))).toMatchObject({
      name: "ValidationException",
      message: expect.stringContaining("not have the specified index"),
    });
  });

  it.each<[string, object]>([
    [
      "bounds in the wrong order",
      { ExpressionAttributeValues: { ":pk": "Thing/a", ":first": "b", ":last": "a" } },
    ],
    ["a start outside of the bounds", { ExclusiveStartKey: { pk: "Thing/a", sk: "z" } }],
    ["a start in another partition", { ExclusiveStartKey: { pk: "Thing/b", sk: "b" } }],
    ["a start that is no key", { ExclusiveStartKey: { pk: "Thing/a" } }],
    [
      "another attribute than its keys",
      { KeyConditionExpression: "pk = :pk AND other BETWEEN :first AND :last" },
    ],
  ])("for a query with %s", (_, input) => {
    const thrown = thrownBy(() =>
      query({
        KeyConditionExpression: "pk = :pk AND sk BETWEEN :first AND :last",
        ExpressionAttributeValues: { ":pk": "Thing/a", ":first": "a", ":last": "c" },
        ConsistentRead: true,
        ...input,
      }),
    );
    expect(thrown.name).toBe("ValidationException");
  });
});

describe("a batch", () => {
  const write = (items: readonly object[]) => {
    const RequestItems = { State: items.map((item) => ({ PutRequest: { Item: item } })) };
    return service.apply({ command: "BatchWriteCommand", input: { RequestItems } }, 0);
  };
  const items = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ pk: "Thing/a", sk: `${index}` }));

  it("is written as a whole", () => {
    expect(write(items(25))).toEqual({ UnprocessedItems: {} });
    expect([...service.items("State")]).toEqual(items(25));
  });

  it("deletes by key beside what it writes, also what is not there", () => {
    write(items(3));
    const [first, second] = items(2).map((Key) => ({ DeleteRequest: { Key } }));
    const put = { PutRequest: { Item: { pk: "Thing/a", sk: "9", n: 1 } } };
    const writes: AppliedWrite[] = [];
    service.onWrite = (applied) => writes.push(applied);
    const RequestItems = {
      State: [first, second, put, { DeleteRequest: { Key: { pk: "Thing/b", sk: "0" } } }],
    };
    service.apply({ command: "BatchWriteCommand", input: { RequestItems } }, 5);
    expect([...service.items("State")]).toEqual([items(3)[2], { pk: "Thing/a", sk: "9", n: 1 }]);
    expect(writes.map(({ before, after }) => [before?.sk, after?.sk])).toEqual([
      ["0", undefined],
      ["1", undefined],
      [undefined, "9"],
    ]);
    const twice = { RequestItems: { State: [put, { DeleteRequest: { Key: { pk: "Thing/a", sk: "9" } } }] } };
    expect(() => service.apply({ command: "BatchWriteCommand", input: twice }, 6)).toThrow(/duplicates/);
  });

  it.each<[string, object[]]>([
    ["no items", []],
    ["26 items", items(26)],
    ["an item twice", [...items(2), ...items(1)]],
    ["an item without a key", [...items(1), { pk: "Thing/a" }]],
  ])("is refused as a whole when it has %s", (_, refused) => {
    expect(thrownBy(() => write(refused)).name).toBe("ValidationException");
    expect([...service.items("State")]).toEqual([]);
  });
});

describe("values", () => {
  it("that are undefined are left out, as the document client does", () => {
    put({ ...KEY, a: undefined, b: -0 });
    expect(read(0, true)).toEqual({ ...KEY, b: 0 });
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])("that are not exact are refused: %p", (value) => {
    expect(() => put({ ...KEY, value })).toThrow(/not allowed|MAX_SAFE_INTEGER/);
  });
});

it.each<[string, object]>([
  ["a field", { ReturnConsumedCapacity: "TOTAL" }],
  ["a choice", { ReturnValues: "UPDATED_NEW" }],
  [
    "an update that takes away from no item",
    { UpdateExpression: "REMOVE #a", ExpressionAttributeValues: undefined },
  ],
  ["a function", { ConditionExpression: "attribute_type(#a, :a)" }],
  ["arithmetic", { UpdateExpression: "SET #a = #a + :a" }],
  ["a path", { UpdateExpression: "SET #a.b = :a" }],
  ["a bare name", { UpdateExpression: "SET a = :a" }],
  ["a list", { ExpressionAttributeValues: { ":a": [1] } }],
  ["two attributes in one comparison", { ConditionExpression: "#a = #a" }],
])("what it does not know is an error of its own: %s", (_, input) => {
  const known = { UpdateExpression: "SET #a = :a", ExpressionAttributeNames: { "#a": "a" } };
  const thrown = thrownBy(() => update({ ...known, ExpressionAttributeValues: { ":a": 1 }, ...input }));
  expect(thrown).toMatchObject({ name: "Error", message: expect.stringContaining("does not know") });
});

describe("checkers", () => {
  it("hear of each write that was applied, with the item before and after", () => {
    const writes: AppliedWrite[] = [];
    service.onWrite = (write) => writes.push(write);
    put({ ...KEY, n: 1 }, 5);
    const add = { UpdateExpression: "ADD #n :one", ExpressionAttributeNames: { "#n": "n" } };
    update({ ...add, ExpressionAttributeValues: { ":one": 1 } }, 6);
    const refused = { ...add, ConditionExpression: "attribute_not_exists(#n)" };
    thrownBy(() => update({ ...refused, ExpressionAttributeValues: { ":one": 1 } }, 7));
    expect(writes).toEqual([
      { table: "State", key: KEY, before: undefined, after: { ...KEY, n: 1 }, nowMs: 5 },
      { table: "State", key: KEY, before: { ...KEY, n: 1 }, after: { ...KEY, n: 2 }, nowMs: 6 },
    ]);
  });

  it("may corrupt an item, of which nobody hears, but which every read shows, and the index", () => {
    service.indexLagMs = () => 50;
    put({ ...KEY, state: "1", wakeShard: 1, wakeAt: 5 }, 0);
    service.onWrite = () => {
      throw new Error("This is no write.");
    };
    service.indexLagMs = () => 0;
    service.poke("State", KEY, (item) => ({ ...item, state: 7, wakeAt: 6 }));
    service.staleMs = () => 10;
    expect(read(10, false)).toMatchObject({ state: 7 });
    expect(read(10, true)).toMatchObject({ state: 7 });
    expect(moments(50)).toEqual([6]);
  });

  it("get items that the adapters' answers do not share", () => {
    put({ ...KEY, n: 1 });
    Object.assign(read(0, true) as object, { n: 2 });
    expect([...service.items("State")]).toEqual([{ ...KEY, n: 1 }]);
  });
});
