/**
 * Hostile messages: what is wrong with one becomes a dead letter with the reason, its actor is not touched, and those
 * behind it go on. What cannot even be handed back is refused as a whole, so that nothing is lost. Requests about tracked
 * calls, and the dead letters themselves, are no better friends.
 */
import { inspect } from "node:util";
import { Actor, createRouter, DurableActor, type Logger, Method, type RouterHandler } from "durable-lambda";
import { type LocalApp, startLocal } from "durable-lambda/local";
import { type Client, clientOver } from "../lib/client/client";
import { directTransport } from "../lib/client/direct-transport";
import { inlineTransport } from "../lib/client/inline-transport";
import { DeadLetters } from "../lib/messages/dead-letters";
import { Messenger } from "../lib/messages/messenger";
import type { Queue } from "../lib/messages/queue";
import type { BatchResponse } from "../lib/runtime/messages/sqs-event";
import { drain } from "./support/batches";
import { FakeClock } from "./support/fake-clock";
import { send as sendHttp } from "./support/hostile-http";
import { type LocalPorts, openLocal } from "./support/local-ports";
import { silentLog, startProcess } from "./support/process";

@Actor
class Vault extends DurableActor {
  count = 0;
  kept: unknown[] = [];

  @Method increment(by = 1): number {
    this.count += by;
    return this.count;
  }
  @Method keep(value: unknown): number {
    return this.kept.push(value);
  }
  @Method size(text: string): number {
    this.kept.push(text.length);
    return text.length;
  }
  @Method({ maxAttempts: 1 }) fail(_text: string, codeUnit = 0x78): never {
    const text = String.fromCharCode(codeUnit).repeat(5_000);
    throw Object.assign(new Error(text), { name: text, code: text });
  }
  @Method leaveOpen(): unknown {
    return this.ctx.pending();
  }
  @Method({ readonly: true }) value(): [number, unknown[]] {
    return [this.count, this.kept];
  }
  undeclared(): void {
    this.count = -1;
  }
}

@Actor
class Other extends DurableActor {
  count = 0;
  @Method increment(by = 1): number {
    this.count += by;
    return this.count;
  }
}

const ACTORS = [Vault, Other];
const logged: string[] = [];
const record =
  (level: string) =>
  (...line: unknown[]): void => {
    logged.push(`${level} ${inspect(line, { depth: 9 })}`);
  };
const log: Logger = {
  debug: record("debug"),
  info: record("info"),
  warn: record("warn"),
  error: record("error"),
};

let clock: FakeClock;
let local: LocalPorts;
let handle: RouterHandler;
let letters: DeadLetters;
let client: Client;

beforeEach(() => {
  logged.length = 0;
  clock = new FakeClock();
  local = openLocal({ clock });
  handle = createRouter(ACTORS, { ...local, clock, log });
  letters = new DeadLetters(local, clock);
  client = startProcess(ACTORS, local, { clock }).client;
});

const prototypes = (): string[] =>
  [Object.prototype, Array.prototype, Function.prototype, Map.prototype, String.prototype].map((prototype) =>
    inspect(Object.getOwnPropertyDescriptors(prototype)),
  );
const prototypesBefore = prototypes();
afterEach(async () => {
  expect(prototypes()).toEqual(prototypesBefore);
  await local.close();
});

const deep = (levels: number) => "[".repeat(levels) + "]".repeat(levels);
const LONG = "x".repeat(1_000_000);

/** Rows with a name in front: what is in a column, in short. */
function named<T extends readonly unknown[]>(rows: readonly T[], column = 0): (readonly [string, ...T])[] {
  return rows.map((row) => {
    const text = (JSON.stringify(row[column]) ?? " missing ").slice(1, -1).replaceAll('\\"', '"');
    return [text.length <= 100 ? text : `${text.slice(0, 100)}…`, ...row] as const;
  });
}

let serial = 0;
/** The fields of a message as JSON text each, so that a case can replace one by any text. */
function bodyOf(changes: Readonly<Record<string, string | undefined>> = {}): string {
  const fields: Record<string, string | undefined> = {
    actor: '"Vault"',
    id: '"a"',
    method: '"increment"',
    args: "[1]",
    mode: '"send"',
    callId: `"call-${serial++}"`,
    ...changes,
  };
  const members = Object.entries(fields).flatMap(([name, json]) =>
    json === undefined ? [] : [`${JSON.stringify(name)}:${json}`],
  );
  return `{${members.join(",")}}`;
}

/** A record as Lambda hands it over. */
function recordOf(
  body: string,
  { source = "messages.fifo", ...changes }: Record<string, unknown> = {},
): object {
  const messageId = `m${serial++}`;
  return {
    messageId,
    receiptHandle: `${messageId}#1`,
    body,
    attributes: {
      ApproximateReceiveCount: "1",
      SentTimestamp: String(clock.now()),
      ...(source === "messages.fifo" ? { MessageGroupId: "Vault/a" } : {}),
    },
    messageAttributes: {},
    md5OfBody: "d41d8cd98f00b204e9800998ecf8427e",
    eventSource: "aws:sqs",
    eventSourceARN: `arn:aws:sqs:eu-west-1:123456789012:${String(source)}`,
    awsRegion: "eu-west-1",
    ...changes,
  };
}

const handRecords = async (...records: unknown[]) => (await handle({ Records: records })) as BatchResponse;
const stateOf = (id = "a") => client.actor(Vault).get(id).value();
const headOf = (id = "a") => local.store.read({ type: "Vault", id }, { consistent: true });

/** Code and text of the letter that a record became, once its group has gone on and its actor has not seen it. */
async function reasonFor(bad: object): Promise<{ code: string; message: string }> {
  const answer = await handRecords(recordOf(bodyOf()), bad, recordOf(bodyOf({ args: "[10]" })));
  expect(answer).toEqual({ batchItemFailures: [] });
  expect(await stateOf()).toEqual([11, []]);
  const [letter, ...others] = await letters.list();
  expect(others).toEqual([]);
  expect(letter).toMatchObject({ body: (bad as { body: string }).body, reason: { attempts: 0 } });
  return letter?.reason as { code: string; message: string };
}

describe("a message that is", () => {
  const unreadable: readonly (readonly [string, string])[] = [
    ["", "JSON"],
    ["\0", "JSON"],
    ["not JSON", "JSON"],
    ['{"actor":"Vault"', "JSON"],
    ["null", "invocation"],
    ["1", "invocation"],
    ["true", "invocation"],
    ['"text"', "invocation"],
    ["[]", "invocation"],
    ['[{"actor":"Vault"}]', "invocation"],
    [deep(200_000), "invocation"],
    ["{}", "actor"],
  ];

  it.each(named(unreadable))(
    "%s is dead, naming what is wrong; its group goes on",
    async (_name, body, reason) => {
      const { code, message } = await reasonFor(recordOf(body));
      expect(code).toBe("UnexpectedEvent");
      expect(message).toContain(reason);
      expect(message.length).toBeLessThan(300);
    },
  );

  const wrong: readonly [string, string | undefined][] = [
    ["actor", undefined],
    ["actor", "null"],
    ["actor", "1"],
    ["actor", '["Vault"]'],
    ["actor", '{"toString":"Vault"}'],
    ["method", undefined],
    ["method", "null"],
    ["method", deep(5_000)],
    ["args", "{}"],
    ["args", '"text"'],
    ["args", "null"],
    ["args", '{"$set":[1]}'],
    ["mode", undefined],
    ["mode", '"call"'],
    ["mode", '"destroy"'],
    ["mode", '"status"'],
    ["mode", "null"],
    ["callId", undefined],
    ["callId", "null"],
    ["callId", '""'],
    ["callId", "1"],
    ["callId", `"${"x".repeat(257)}"`],
    ["callId", '"\\ud800"'],
    ["callId", '{"$bigint":"1"}'],
    ["sentAtMs", '"1"'],
    ["sentAtMs", "-1"],
    ["sentAtMs", "1.5"],
    ["sentAtMs", "1e300"],
    ["sentAtMs", "9007199254740991"],
    ["sentAtMs", "null"],
    ["delayMs", '"1s"'],
    ["delayMs", "-1"],
    ["delayMs", "0.5"],
    ["delayMs", "1e300"],
    ["delayMs", "9007199254740991"],
    ["notBeforeMs", '"1"'],
    ["notBeforeMs", "0.5"],
    ["notBeforeMs", "1e300"],
    ["notBeforeMs", "null"],
    ["attempt", "0"],
    ["attempt", '"2"'],
    ["attempt", "1e9"],
    ["timeoutMs", "0"],
    ["timeoutMs", "1e9"],
    ["consistency", '"weak"'],
    ["fence", "7"],
    ["hops", "-1"],
    ["leaseId", '"x"'],
    ["maybeRepeated", "false"],
    ["groupId", '"Vault/a"'],
    ["__proto__", '{"polluted":1}'],
    ["constructor", '{"prototype":{"polluted":1}}'],
    ["toString", "1"],
  ];

  it.each(named(wrong, 1))(
    "given %s as %s is dead, naming the field; its group goes on",
    async (_name, field, json) => {
      const { code, message } = await reasonFor(recordOf(bodyOf({ [field]: json })));
      expect(code).toBe("UnexpectedEvent");
      expect(message).toContain(field);
      expect(message.length).toBeLessThan(300);
    },
  );

  const refused: readonly ["id" | "actor" | "method" | "args", string | undefined, string, string][] = [
    ["id", '""', "InvalidActorId", "actor id"],
    ["id", '"a\\u0000b"', "InvalidActorId", "control character"],
    ["id", '"\\ud800"', "InvalidActorId", "lone surrogate"],
    ["id", "1", "InvalidActorId", "not a string"],
    ["id", undefined, "InvalidActorId", "not a string"],
    ["id", `"${"x".repeat(513)}"`, "InvalidActorId", "513 bytes"],
    ["actor", '"Nobody"', "UnknownActor", "Nobody"],
    ["actor", '"__proto__"', "UnknownActor", "__proto__"],
    ["actor", '"constructor"', "UnknownActor", "constructor"],
    ["method", '"undeclared"', "UnknownMethod", "undeclared"],
    ["method", '"constructor"', "UnknownMethod", "constructor"],
    ["method", '"__proto__"', "UnknownMethod", "__proto__"],
    ["method", '"onActivate"', "UnknownMethod", "onActivate"],
    ["args", '[{"__proto__":{"polluted":1}}]', "ForbiddenKey", "args[0].__proto__"],
    ["args", '[{"a":[{"constructor":{"prototype":{}}}]}]', "ForbiddenKey", "args[0].a[0].constructor"],
    ["args", '[{"$map":[["k",{"__proto__":1}]]}]', "ForbiddenKey", "__proto__"],
    ["args", deep(101), "TooDeep", "args"],
    ["args", deep(5_000), "TooDeep", "args"],
    ["args", deep(200_000), "TooDeep", "args"],
    ["args", '["\\ud800"]', "NotSerializable", "args[0]"],
    ["args", '[{"$unknown":1}]', "UnexpectedEvent", "args[0]"],
    ["args", '[{"$date":"soon"}]', "UnexpectedEvent", "args[0].$date"],
  ];

  it.each(named(refused, 1))(
    "given %s as %s is dead; its group goes on",
    async (_name, field, json, code, text) => {
      // In the group of the actor that the body names, so that this is not what is wrong.
      const groupId = `${field === "actor" && json ? (JSON.parse(json) as string) : "Vault"}/a`;
      const attributes = { SentTimestamp: String(clock.now()), MessageGroupId: groupId };
      const bad = recordOf(bodyOf({ [field]: json }), { attributes });
      const reason = await reasonFor(bad);
      expect(reason.code).toBe(code);
      expect(reason.message).toContain(text);
      expect(reason.message.length).toBeLessThan(500);
    },
  );

  it.each([
    ["no group", undefined],
    ["another actor's group", "Vault/b"],
    ["the group of an actor of another type", "Other/a"],
    ["a group that is none of ours", "default"],
    ["an empty group", ""],
  ])("in %s is dead, naming that", async (_name, groupId) => {
    const attributes = { ApproximateReceiveCount: "1", SentTimestamp: String(clock.now()) };
    const grouped = groupId === undefined ? attributes : { ...attributes, MessageGroupId: groupId };
    const { code, message } = await reasonFor(recordOf(bodyOf(), { attributes: grouped }));
    expect(code).toBe("UnexpectedEvent");
    expect(message).toContain("group");
  });

  it("full of very long texts is dead for a reason that is short", async () => {
    for (const changes of [
      { [LONG]: "1" },
      { mode: `"${LONG}"` },
      { actor: `"${LONG}"` },
      { args: `[{"${LONG}":{"__proto__":1}}]` },
      { args: `[{"$${LONG}":1}]` },
    ]) {
      expect(await handRecords(recordOf(bodyOf(changes)))).toEqual({ batchItemFailures: [] });
    }
    const all = await letters.list();
    expect(all).toHaveLength(5);
    for (const { reason } of all) expect(JSON.stringify(reason).length).toBeLessThan(2_000);
    expect(await headOf()).toBeUndefined();
  });

  it("alone leaves no trace at its actor", async () => {
    await handRecords(
      recordOf(bodyOf({ args: '[{"__proto__":1}]' })),
      recordOf(bodyOf({ method: '"nothing"' })),
    );
    expect(await letters.list()).toHaveLength(2);
    expect(await headOf()).toBeUndefined();
  });
});

describe("a message that was a dead letter before", () => {
  const attributes = (group: string) => ({
    ApproximateReceiveCount: "1",
    SentTimestamp: String(clock.now()),
    MessageGroupId: group,
  });
  const messageAttributes = { reason: { stringValue: "{}", dataType: "String" } };

  it("comes in any group, and goes to its own actor, whoever else is in that group", async () => {
    const moved = (id: string, args: string, actor = "Vault") =>
      recordOf(bodyOf({ id: `"${id}"`, args, actor: `"${actor}"` }), {
        attributes: attributes("Vault/a"),
        messageAttributes,
      });
    const answer = await handRecords(
      recordOf(bodyOf()),
      moved("b", "[100]"),
      recordOf(bodyOf({ args: "[10]" })),
      moved("c", "[1000]", "Other"),
      moved("c", "[2000]"),
    );
    expect(answer).toEqual({ batchItemFailures: [] });
    expect(await stateOf("a")).toEqual([11, []]);
    expect(await stateOf("b")).toEqual([100, []]);
    expect(await stateOf("c")).toEqual([2000, []]);
    expect(await client.actor(Other).get("c").increment(0)).toBe(1000);
    expect(await letters.list()).toEqual([]);
  });
});

describe("a message on the queue for delays that is", () => {
  const wake = (body: string, changes: object = {}) => recordOf(body, { source: "wakes", ...changes });

  const unfit: readonly [string, string][] = [
    ["not JSON", "JSON"],
    ["null", "invocation"],
    [bodyOf({ mode: '"call"' }), "mode"],
    [bodyOf({ fence: "1" }), "fence"],
    [bodyOf({ delayMs: "1e300" }), "delayMs"],
    [bodyOf({ notBeforeMs: '"soon"' }), "notBeforeMs"],
    [bodyOf({ notBeforeMs: "9007199254740991" }), "notBeforeMs"],
    [bodyOf({ constructor: "{}" }), "constructor"],
  ];

  it.each(named(unfit))("%s is dead, naming what is wrong", async (_name, body, text) => {
    expect(await handRecords(wake(body), wake(bodyOf()))).toEqual({ batchItemFailures: [] });
    expect(await letters.list()).toMatchObject([
      { body, reason: { code: "UnexpectedEvent", message: expect.stringContaining(text) as string } },
    ]);
    await drain(handle, local);
    expect(await stateOf()).toEqual([1, []]);
  });

  it("for nobody is dead when its time has come", async () => {
    await handRecords(wake(bodyOf({ actor: '"Nobody"' })), wake(bodyOf({ args: '[{"__proto__":1}]' })));
    await drain(handle, local);
    const codes = (await letters.list()).map(({ reason }) => reason.code);
    expect(codes.sort()).toEqual(["ForbiddenKey", "UnknownActor"]);
  });

  it("nested so deeply that it cannot be written again is dead", async () => {
    const body = bodyOf({ args: `[${deep(20_000)}]`, notBeforeMs: "9007199254740" });
    expect(await handRecords(wake(body))).toEqual({ batchItemFailures: [] });
    expect(await letters.list()).toMatchObject([{ reason: { code: "TooDeep" } }]);
  });

  it("too large to be passed on is dead, and does not come again for ever", async () => {
    const text = "x".repeat(local.queues.messages.maxMessageBytes - 200);
    expect(await handRecords(wake(bodyOf({ args: `["${text}"]` })))).toEqual({ batchItemFailures: [] });
    expect(await letters.list()).toMatchObject([{ reason: { code: "PayloadTooLarge" } }]);
  });
});

describe("an event of records", () => {
  const good = () => recordOf(bodyOf());

  it.each(["messageId", "receiptHandle", "body", "eventSourceARN", "eventSource"])(
    "of which one has no %s is refused as a whole, so that the queue keeps it",
    async (name) => {
      for (const value of [undefined, null, 1, {}]) {
        await expect(
          handle({ Records: [good(), { ...good(), [name]: value }, good()] }),
        ).rejects.toMatchObject({
          code: "UnexpectedEvent",
          message: expect.stringContaining(`"Records[1].${name}"`) as string,
          details: { field: `Records[1].${name}` },
        });
      }
      expect(await headOf()).toBeUndefined();
      expect(await letters.list()).toEqual([]);
    },
  );

  it.each<[string, unknown]>([
    ["null", null],
    ["text", "x"],
    ["an array", []],
    ["an event of S3", { eventSource: "aws:s3", s3: {} }],
    ["a message of another service", { eventSource: "aws:mq", messageId: "m", body: "{}" }],
  ])("of which one is %s is refused as a whole", async (_name, bad) => {
    await expect(handle({ Records: [bad, good()] })).rejects.toMatchObject({
      code: "UnexpectedEvent",
      details: { field: "Records[0].eventSource" },
    });
    expect(await headOf()).toBeUndefined();
  });

  it.each<[string, object, string]>([
    ["attributes that are null", { attributes: null }, "attributes"],
    ["attributes that are text", { attributes: "x" }, "attributes"],
    ["a group that is no text", { attributes: { MessageGroupId: 5 } }, "attributes.MessageGroupId"],
    ["message attributes that are null", { messageAttributes: null }, "messageAttributes"],
    ["a message attribute that is null", { messageAttributes: { reason: null } }, "messageAttributes"],
  ])("of which one has %s is refused as a whole, naming the field", async (_name, changes, field) => {
    await expect(handle({ Records: [good(), { ...good(), ...changes }] })).rejects.toMatchObject({
      code: "UnexpectedEvent",
      details: { field: expect.stringContaining(`Records[1].${field}`) as string },
    });
    expect(await headOf()).toBeUndefined();
  });

  it.each(["[]", '"x"', "{}", "null", "1", "[null]", "[1]", '[{"eventSource":"aws:s3"}]', '{"length":1}'])(
    "that are %s is no such event",
    async (records) => {
      expect(await handle(JSON.parse(`{"Records":${records}}`))).toMatchObject({
        ok: false,
        error: { code: "UnexpectedEvent", details: { field: "Records" } },
      });
    },
  );

  it.each<[string, Record<string, string>]>([
    ["no counts", {}],
    ["counts that are no numbers", { ApproximateReceiveCount: "x", SentTimestamp: "y" }],
    ["counts below zero", { ApproximateReceiveCount: "-1", SentTimestamp: "-1" }],
  ])("with %s is processed all the same", async (_name, counts) => {
    const counted = recordOf(bodyOf(), { attributes: { ...counts, MessageGroupId: "Vault/a" } });
    expect(await handRecords(counted, good())).toEqual({ batchItemFailures: [] });
    expect(await stateOf()).toEqual([2, []]);
    const delayed = recordOf(bodyOf({ delayMs: "1000" }), { source: "wakes", attributes: counts });
    expect(await handRecords(delayed)).toEqual({ batchItemFailures: [] });
    await clock.advance(1_000);
    await drain(handle, local);
    expect(await stateOf()).toEqual([3, []]);
  });
});

describe("a request about a tracked call", () => {
  interface Reply {
    readonly ok: boolean;
    readonly result?: unknown;
    readonly error?: { readonly code: string; readonly details?: Record<string, unknown> };
  }
  const ask = async (json: string) => (await handle(JSON.parse(json))) as Reply;
  const OPEN = "open-1";
  const request = (mode: string, more: string) => `{"mode":"${mode}","callId":"${OPEN}"${more}}`;
  const wire = (more: string) => `,"error":{"code":"X","message":"x","retryable":false${more}}`;

  beforeEach(async () => {
    await ask(`{"actor":"Vault","id":"a","method":"leaveOpen","mode":"start","callId":"${OPEN}"}`);
    await drain(handle, local);
  });
  afterEach(async () => {
    expect((await client.call(OPEN).status()).status).toBe("pending");
  });

  const malformed: readonly [string, string][] = [
    ['{"mode":"status"}', "callId"],
    ['{"mode":"status","callId":null}', "callId"],
    ['{"mode":"status","callId":""}', "callId"],
    ['{"mode":"status","callId":{"$bigint":"1"}}', "callId"],
    ['{"mode":"status","callId":"\\ud800"}', "callId"],
    [`{"mode":"resolve","callId":"${"x".repeat(257)}"}`, "callId"],
    [request("status", ',"actor":"Vault"'), "actor"],
    [request("status", ',"result":1'), "result"],
    [request("status", ',"__proto__":{}'), "__proto__"],
    [request("resolve", ',"error":{}'), "error"],
    [request("resolve", ',"fence":1'), "fence"],
    [request("resolve", ',"constructor":1'), "constructor"],
    [request("reject", ',"result":1'), "result"],
    [request("reject", ""), "error"],
    [request("reject", ',"error":null'), "error"],
    [request("reject", ',"error":"no"'), "error"],
    [request("reject", ',"error":[]'), "error"],
    [request("reject", ',"error":{"code":"X","message":"x"}'), "error"],
    [request("reject", ',"error":{"code":1,"message":"x","retryable":false}'), "error"],
    [request("reject", wire(',"name":5')), "error"],
    ['{"mode":"__proto__","callId":"x"}', "actor"],
    ['{"mode":"constructor"}', "actor"],
  ];

  it.each(named(malformed))("%s is refused, naming the field", async (_name, json, field) => {
    const { ok, error } = await ask(json);
    expect([ok, error?.code]).toEqual([false, "UnexpectedEvent"]);
    expect(error?.details).toMatchObject({ field });
  });

  const hostile: readonly [string, string, RegExp][] = [
    [request("resolve", ',"result":{"__proto__":1}'), "ForbiddenKey", /^result\.__proto__$/],
    [request("resolve", ',"result":[{"constructor":{"prototype":1}}]'), "ForbiddenKey", /^result\[0\]/],
    [request("resolve", `,"result":${deep(101)}`), "TooDeep", /^result/],
    [request("resolve", `,"result":${deep(200_000)}`), "TooDeep", /^result/],
    [request("resolve", ',"result":"\\ud800"'), "NotSerializable", /^result$/],
    [request("resolve", ',"result":{"$unknown":1}'), "UnexpectedEvent", /^result$/],
    [request("resolve", ',"result":[{"$date":"soon"}]'), "UnexpectedEvent", /^result\[0\]\.\$date$/],
    [request("reject", wire(',"details":{"a":{"__proto__":1}}')), "ForbiddenKey", /details\.a\.__proto__$/],
    [request("reject", wire(`,"details":{"a":${deep(101)}}`)), "TooDeep", /details/],
    [request("reject", wire(`,"details":{"a":${deep(200_000)}}`)), "TooDeep", /details/],
    [request("reject", wire(',"details":{"a":{"$unknown":1}}')), "UnexpectedEvent", /details\.a$/],
    [request("reject", wire(',"details":{"a":"\\ud800"}')), "NotSerializable", /details\.a$/],
  ];

  it.each(named(hostile))(
    "%s is refused with the path, and ends nothing",
    async (_name, json, code, path) => {
      const { ok, error } = await ask(json);
      expect([ok, error?.code]).toEqual([false, code]);
      expect(error?.details?.path).toMatch(path);
      const http = (await handle({
        rawPath: "/actors",
        headers: { "content-type": "application/json" },
        body: json,
        requestContext: { http: { method: "POST" }, authorizer: { iam: {} } },
      })) as { statusCode: number };
      expect(http.statusCode).toBe(400);
    },
  );

  it("is answered with 404 over HTTP when nobody started the call", async () => {
    for (const mode of ["status", "resolve"]) {
      const answer = (await handle({
        rawPath: "/actors",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ mode, callId: "nothing" }),
        requestContext: { http: { method: "POST" }, authorizer: { iam: {} } },
      })) as { statusCode: number; body: string };
      expect([answer.statusCode, JSON.parse(answer.body)]).toMatchObject([
        404,
        {
          title: "UnknownCall",
          error: { code: "UnknownCall", details: { field: "callId", value: '"nothing"' } },
        },
      ]);
    }
  });

  it("with an outcome over the limit is refused, and ends nothing", async () => {
    const over = local.calls.maxOutcomeBytes - 1;
    expect(await ask(request("resolve", `,"result":"${"x".repeat(over)}"`))).toMatchObject({
      ok: false,
      error: {
        code: "PayloadTooLarge",
        details: { field: "result", limitBytes: local.calls.maxOutcomeBytes },
      },
    });
    expect(await ask(request("reject", wire(`,"name":"${"x".repeat(over)}"`)))).toMatchObject({
      ok: false,
      error: { code: "PayloadTooLarge", details: { field: "error" } },
    });
  });

  it("does not come back at full length in the error", async () => {
    for (const json of [request("status", `,"${LONG}":1`), `{"mode":"status","callId":"${LONG}"}`]) {
      expect(JSON.stringify(await ask(json)).length).toBeLessThan(5_000);
    }
  });
});

it("an outcome of exactly the limit is kept", async () => {
  const call = await client.actor(Vault).get("a").start().leaveOpen();
  const text = "x".repeat(local.calls.maxOutcomeBytes - 2);
  expect(await call.resolve(text)).toBe(true);
  expect(await call.result()).toBe(text);
});

describe("dead letters that somebody else wrote", () => {
  let app: LocalApp;
  const queued: Queue["send"] = (message) => local.queues.deadLetters.send(message);
  const put = (body: string, reason?: string) => {
    const id = `d${serial++}`;
    const attributes = reason === undefined ? {} : { attributes: { reason } };
    return queued({ body, groupId: id, deduplicationId: id, ...attributes });
  };

  const reasons = [
    ...["", "null", "[]", "5", '"x"', "{}", "not JSON", '{"code":1}', '{"code":null}', '{"code":"X"}'],
    ...[
      '{"code":"X","message":1,"attempts":1,"atMs":1}',
      '{"code":"X","message":"m","attempts":"1","atMs":1}',
    ],
    ...['{"code":"X","message":"m","attempts":1,"atMs":"soon"}', '{"code":"X","message":"m","atMs":{}}'],
    ...['{"code":"X","message":"m","attempts":1,"atMs":1e999}', '{"code":["X"],"message":{}}'],
    ...['{"__proto__":{"code":"X"}}', '{"constructor":{"prototype":{"code":"X"}}}'],
    ...['{"code":"X","message":"m","attempts":1,"atMs":1,"stack":5,"name":{}}', deep(100_000)],
  ].map((reason) => [reason] as const);

  it.each(named(reasons))(
    "for the reason %s are listed with a reason of the usual form",
    async (_name, reason) => {
      const body = bodyOf();
      await put(body, reason);
      const [letter, ...others] = await letters.list({ actor: "Vault", id: "a" });
      expect(others).toEqual([]);
      const { code, message, attempts, atMs, name, stack } = letter?.reason ?? {};
      expect([typeof code, typeof message]).toEqual(["string", "string"]);
      expect([Number.isFinite(attempts), Number.isFinite(atMs)]).toEqual([true, true]);
      for (const text of [name, stack]) expect(["undefined", "string"]).toContain(typeof text);
      expect(letter?.body).toBe(body);
      expect(await letters.redrive({ actor: "Vault" })).toBe(1);
      await drain(handle, local);
      expect(await stateOf()).toEqual([1, []]);
    },
  );

  const bodies = [
    ...["", "null", "not JSON", "[]", "{}", deep(100_000), bodyOf({ id: '""' }), bodyOf({ fence: "1" })],
    ...[bodyOf({ mode: '"call"' }), bodyOf({ constructor: "{}" })],
    bodyOf().replace("{", '{"__proto__":{"actor":"Vault"},'),
  ].map((body) => [body] as const);

  it.each(named(bodies))(
    "with the body %s are listed without a call, stay at a redrive, and can be thrown away",
    async (_name, body) => {
      await put(body, '{"code":"X","message":"m","attempts":2,"atMs":5}');
      const all = await letters.list();
      expect(all).toEqual([
        {
          messageId: expect.any(String) as string,
          body,
          reason: { code: "X", message: "m", attempts: 2, atMs: 5 },
        },
      ]);
      const { messageId } = all[0] as { messageId: string };
      expect(await letters.list({ actor: "Vault" })).toEqual([]);
      expect(await letters.redrive({ messageId })).toBe(0);
      expect(await letters.list()).toEqual(all);
      expect(await letters.discard({ messageId })).toBe(1);
      expect(await letters.list()).toEqual([]);
    },
  );

  it("are sorted with the others, and found by nothing but their own fields", async () => {
    await put(bodyOf({ callId: '"2"' }), '{"code":"X","message":"m","attempts":1,"atMs":2}');
    await put("junk", '{"code":"X","atMs":"junk"}');
    await put(bodyOf({ callId: '"1"' }), '{"code":"X","message":"m","attempts":1,"atMs":1}');
    const ids = (await letters.list()).flatMap(({ callId }) => callId ?? []);
    expect(ids).toEqual(["1", "2"]);
    for (const actor of ["constructor", "__proto__", "toString"]) {
      expect(await letters.list({ actor })).toEqual([]);
    }
    expect(await letters.show("__proto__")).toBeUndefined();
  });

  it("that hold a message which is still hostile are letters again when they are sent back", async () => {
    await put(bodyOf({ args: '[{"__proto__":1}]' }), '{"code":"X","message":"m","attempts":1,"atMs":1}');
    expect(await letters.redrive({ actor: "Vault" })).toBe(1);
    await drain(handle, local);
    expect(await letters.list()).toMatchObject([{ reason: { code: "ForbiddenKey" } }]);
    expect(await headOf()).toBeUndefined();
  });

  it("are what the local app lists", async () => {
    app = await startLocal({ actors: ACTORS, log: silentLog });
    const path = "/actors/Vault/a/increment";
    const { status } = await sendHttp(app.url, { path, body: '{"mode":"send","args":[{"__proto__":1}]}' });
    expect(status).toBe(400);
    expect(await app.deadLetters.list()).toEqual([]);
    await app.close();
  });
});

describe("a message of the largest size", () => {
  let direct: Client;
  let limitBytes: number;
  const sent = jest.fn();

  beforeEach(() => {
    sent.mockClear();
    limitBytes = local.queues.messages.maxMessageBytes - 8_192;
    const queues = Object.fromEntries(
      Object.entries(local.queues).map(([name, queue]) => [
        name,
        new Proxy(queue, {
          get(target, member) {
            if (member === "send") sent(name);
            const value: unknown = target[member as keyof Queue];
            return typeof value === "function" ? value.bind(target) : value;
          },
        }),
      ]),
    ) as unknown as LocalPorts["queues"];
    const opened: LocalPorts["calls"] = new Proxy(local.calls, {
      get(target, member) {
        if (member === "open") sent("row");
        const value: unknown = target[member as keyof LocalPorts["calls"]];
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    const { runtime } = startProcess(ACTORS, local, { clock });
    const messenger = new Messenger({ ...local, queues, calls: opened }, clock);
    direct = clientOver(directTransport(inlineTransport(runtime), messenger), { clock });
  });

  type Sender = (text: string) => Promise<unknown>;
  const WAYS: readonly [string, () => Sender][] = [
    ["send()", () => (text) => direct.actor(Vault).get("a").send().size(text)],
    ["start()", () => (text) => direct.actor(Vault).get("a").start().size(text)],
    ["send() with a delay", () => (text) => direct.actor(Vault).get("a").send({ delay: "10s" }).size(text)],
    [
      "send() with a delay of hours",
      () => (text) => direct.actor(Vault).get("a").send({ delay: "2h" }).size(text),
    ],
    [
      "start() with a key",
      () => (text) => direct.actor(Vault).get("a").start({ idempotencyKey: "k" }).size(text),
    ],
  ];

  /** How many bytes of text make a message of exactly the limit. */
  async function room(way: Sender): Promise<number> {
    const error = (await way("x".repeat(limitBytes)).catch((thrown: unknown) => thrown)) as {
      details: { bytes: number; limitBytes: number };
    };
    expect(error).toMatchObject({ code: "PayloadTooLarge", retryable: false, details: { field: "args" } });
    expect(error.details.limitBytes).toBe(limitBytes);
    return 2 * limitBytes - error.details.bytes;
  }

  it.each(WAYS)("goes by %s, and one byte more does not, before anything is sent", async (_name, by) => {
    const way = by();
    const bytes = await room(way);
    await expect(way("x".repeat(bytes + 1))).rejects.toMatchObject({
      code: "PayloadTooLarge",
      details: { bytes: limitBytes + 1 },
    });
    await expect(way(`${"x".repeat(bytes - 1)}é`)).rejects.toMatchObject({
      details: { bytes: limitBytes + 1 },
    });
    expect(sent).not.toHaveBeenCalled();
    await way("x".repeat(bytes));
    expect(sent).toHaveBeenCalled();
    for (let minutes = 0; minutes <= 120; minutes += 5) {
      await drain(handle, local);
      await clock.advance(300_000);
    }
    await drain(handle, local);
    expect(await stateOf()).toEqual([0, [bytes]]);
    // Of each turn that it was a line, and nothing else.
    expect(logged.filter((line) => !/^info \[\s*'turn',/.test(line))).toEqual([]);
  });

  it.each([
    ["ASCII", 0x78],
    ["quotes", 0x22],
    ["control characters", 1],
    ["Chinese", 0x9519],
    ["lone surrogates", 0xd800],
  ])("whose method fails with a long text of %s is a dead letter like any other", async (_name, codeUnit) => {
    const vault = direct.actor(Vault).get("a");
    const way: Sender = (filling) => vault.send().fail(filling, codeUnit);
    await way("x".repeat(await room(way)));
    await vault.send().increment();
    await drain(handle, local);
    expect(await stateOf()).toEqual([1, []]);
    const [letter] = await letters.list();
    expect(letter).toMatchObject({ method: "fail", reason: { attempts: 1 } });
    expect(letter?.reason.message).toMatch(/^.{100}/s);
    expect(letter?.body.length).toBeGreaterThan(900_000);
    expect(await letters.redrive({ actor: "Vault" })).toBe(1);
    await drain(handle, local);
    expect(await letters.list()).toHaveLength(1);
  });
});

describe("the log", () => {
  const SECRET = "the-sender's-secret";

  it("carries no arguments of messages, whatever is wrong with them", async () => {
    const bad = [
      SECRET,
      `["${SECRET}`,
      `{"${SECRET}`,
      bodyOf({ args: `["${SECRET}",{"__proto__":1}]` }),
      bodyOf({ args: `"${SECRET}"` }),
      bodyOf({ method: '"fail"', args: `["${SECRET}"]` }),
      bodyOf({ method: '"nothing"', args: `["${SECRET}"]` }),
    ];
    await handRecords(...bad.map((body) => recordOf(body)));
    await handRecords(...bad.slice(0, 5).map((body) => recordOf(body, { source: "wakes" })));
    await handle(JSON.parse(`{"mode":"resolve","callId":"nothing","result":"${SECRET}"}`));
    await handle(JSON.parse(`{"mode":"resolve","callId":"nothing","result":{"$date":"${SECRET}"}}`));
    expect(await letters.list()).toHaveLength(11);
    expect(logged.length).toBeGreaterThan(11);
    expect(logged.filter((line) => line.includes(SECRET))).toEqual([]);
  });
});

it("leaves the process alive, and everything works as before", async () => {
  const call = await client
    .actor(Vault)
    .get("a")
    .start()
    .keep(new Map([["__proto__", 1]]));
  await drain(handle, local);
  expect(await call.result()).toBe(1);
  expect(await stateOf()).toEqual([0, [new Map([["__proto__", 1]])]]);
});
