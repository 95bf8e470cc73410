/** Bytes that were stored: by an older version, by a newer one, by somebody else. They are read as they are, or not at all. */
import fc from "fast-check";
import { callOfItem, headOfItem, partOfItem } from "../../../lib/aws/dynamo-item";
import { parseEffects } from "../../../lib/effects";
import { Inbox } from "../../../lib/inbox";
import type { InvocationReply } from "../../../lib/invocation";
import { readDeadLetter, redriven } from "../../../lib/messages/dead-letter";
import { parseReminders } from "../../../lib/reminders/reminder";
import { parseFailing } from "../../../lib/runtime/attempts";
import type { Head } from "../../../lib/store";
import { type Json, unpack } from "../../../lib/values/codec";
import { decodeStateInto, encodeState } from "../../../lib/values/state-codec";
import { Line, Order } from "../actors";
import { nested } from "../dictionary";
import { promised } from "../finding";
import { hostileJson, hostileObject, mutated, oneOf } from "../hostile-text";
import { ACCEPTED, type Target } from "../target";
import { codeOfWire } from "../typed-errors";
import { NOW_MS, VAULT, World } from "../world";

const VAULT_ADDRESS = { type: "Vault", id: "a" };

/** A forbidden key in stored bytes keeps its own name. */
const REFUSALS = ["CorruptState", "ForbiddenKey", "TooDeep", "NotSerializable"];

const STATES = [
  '{"orders":[{"lines":[{"name":"a","count":1,"more":null}],"extras":{"kind":"note","name":"n","text":"t"}}],"total":3}',
  '{"orders":{"$map":[["o",{"lines":{"$set":[{"name":"b"}]},"extras":[{"kind":"line"},{"kind":"none"}]}]]},"total":0}',
  '{"lines":[{"name":"a","more":{"$date":null}}],"extras":{"kind":{"$undefined":true}}}',
];

export const state: Target = {
  name: "state",
  weight: 150,
  inputs: fc.oneof(
    { weight: 5, arbitrary: mutated(STATES, { garbled: true }) },
    { weight: 1, arbitrary: hostileObject({ lines: hostileJson, extras: hostileJson, orders: hostileJson }) },
  ),
  refusals: REFUSALS,
  feed(text) {
    const order = new Order();
    decodeStateInto(order, Order, text);
    promised(
      order instanceof Order && Object.getPrototypeOf(order) === Order.prototype,
      "an Order stays one",
    );
    for (const line of Array.isArray(order.lines) ? order.lines : []) {
      const isData = typeof line !== "object" || line === null;
      promised(isData || line instanceof Line || !isPlain(line), "the lines of an Order are Lines");
    }
    const again = encodeState(order, Order);
    const copy = new Order();
    decodeStateInto(copy, Order, again);
    promised(encodeState(copy, Order) === again, "what is read can be written again");
    return ACCEPTED;
  },
};

function isPlain(value: object): boolean {
  return Object.getPrototypeOf(value) === Object.prototype;
}

const RECORDS = {
  inbox: [
    'AAAAAAAAAAAAAAAA 1 {"a":1}\n~AAAAAAAAAAAAAAA 2!abc\nBBBBBBBBBBBBBBBB 3 ?\nCCCCCCCCCCCCCCCC 4 >2',
    '#123\nAAAAAAAAAAAAAAAA 1 @RESULT#AAAAAAAAAAAAAAAA#3\nBBBBBBBBBBBBBBBB 2 "x"',
  ],
  outbox: [
    '[{"kind":"message","message":{"actor":"Vault","id":"b","method":"keep","args":[1],"mode":"send","callId":"c","sentAtMs":1}}]',
    '[{"kind":"event","event":{"id":"e","source":"s","detailType":"t","detail":"{}","timeMs":1,"sender":"x"}}]',
    '[{"kind":"settle","callId":"open-call","outcome":{"status":"succeeded","result":"1"}}]',
    '[{"kind":"letter","message":{"actor":"Vault","id":"b","method":"keep","args":[],"mode":"send","callId":"c"},"reason":{"code":"x","message":"m","attempts":1,"atMs":1}}]',
  ],
  reminders: [
    `[{"name":"r","id":"R","method":"keep","args":[{"$date":null}],"dueMs":${NOW_MS - 5_000},"everyMs":60000,"missed":"each"}]`,
    `[{"name":"r","id":"R","method":"fail","args":[1],"dueMs":${NOW_MS - 5_000},"attempts":2,"retryMs":${NOW_MS}}]`,
    `[{"name":"c","id":"C","method":"keep","args":[],"dueMs":${NOW_MS},"cron":"0 9 * * MON","timezone":"Europe/Berlin"}]`,
  ],
  failing: ['{"messageId":"m","attempts":2,"begun":1,"reason":{"code":"x","message":"m","retryable":false}}'],
} as const;

type Field = keyof typeof RECORDS;

const READERS: Readonly<Record<Field, (text: string) => unknown>> = {
  inbox: (text) => {
    const inbox = Inbox.parse(text);
    promised(Inbox.parse(inbox.text).size === inbox.size, "an inbox can be written again");
    return inbox;
  },
  outbox: parseEffects,
  reminders: parseReminders,
  failing: parseFailing,
};

const FIELDS = Object.keys(RECORDS) as Field[];

function hostileRecord(field: Field): fc.Arbitrary<string> {
  const isLines = field === "inbox";
  const seeds = isLines ? RECORDS[field].map(inLines) : RECORDS[field];
  const texts = fc.oneof(
    { weight: 6, arbitrary: mutated(seeds, { garbled: true }) },
    { weight: 1, arbitrary: hostileJson },
  );
  return isLines ? texts.map(outOfLines) : texts;
}

/** Each of a head's records, read alone. */
export const records: readonly Target[] = FIELDS.map((field) => ({
  name: field,
  weight: 110,
  inputs: hostileRecord(field),
  refusals: REFUSALS,
  feed(text) {
    READERS[field](text);
    return ACCEPTED;
  },
}));

/** An inbox is lines, not JSON; a list of its fields can be mutated like JSON. */
function inLines(text: string): string {
  return JSON.stringify(text.split("\n").map((line) => line.split(" ")));
}

function outOfLines(text: string): string {
  try {
    const lines: unknown = JSON.parse(text);
    if (Array.isArray(lines))
      return lines
        .map((line) => (Array.isArray(line) ? line.map(textOf).join(" ") : textOf(line)))
        .join("\n");
  } catch {
    // Garbled: read as it is.
  }
  return text;
}

function textOf(json: unknown): string {
  if (typeof json === "string") return json;
  try {
    return JSON.stringify(json) ?? "";
  } catch {
    // Nested too deeply to be written here; others write such a text.
    return nested(6_000);
  }
}

/** A head with a hostile record in it, and a call of its actor: it is answered, or the bytes stay as they were. */
export const head: Target = {
  name: "head",
  weight: 50,
  inputs: fc
    .constantFrom(...FIELDS)
    .chain((field) =>
      hostileRecord(field).map((text) =>
        JSON.stringify({ ...VAULT, [field]: text, wakeAtMs: NOW_MS - 1_000 }),
      ),
    ),
  refusals: [...REFUSALS, "StateVersionTooNew"],
  async feed(text) {
    const stored = JSON.parse(text) as Partial<Head>;
    const before: Head = { ...VAULT, ...stored, state: VAULT.state as NonNullable<Head["state"]> };
    const world = new World({ "Vault/a": before });
    const event = { actor: "Vault", id: "a", method: "increment", args: [1] };
    const reply = (await world.handle(event)) as InvocationReply;
    world.checkIsAtRest();
    if (reply.ok) return ACCEPTED;
    const after = world.store.heads.get("Vault/a");
    for (const name of ["state", "inbox", "outbox", "reminders", "failing"] as const) {
      promised(JSON.stringify(after?.[name]) === JSON.stringify(before[name]), `${name} stays as it was`);
    }
    return codeOfWire(reply.error, this.refusals);
  },
};

/** A state in two pieces, under a list of names that was tampered with. */
const MANIFESTS = ['{"state":"#3.0-1"}', '{"state":"#3.0,3.1"}', '{"state":"#2.z-1z,3.0-1,1.0"}'];
const PIECES = [
  { name: "STATE#3.0", body: '{"count":5,' },
  { name: "STATE#3.1", body: '"kept":null}' },
  { name: "STATE#2.0", body: "left over" },
  { name: "STATE#x", body: "of somebody else" },
];

export const manifest: Target = {
  name: "list of pieces",
  weight: 50,
  inputs: mutated(MANIFESTS, { garbled: true }),
  refusals: REFUSALS,
  async feed(text) {
    const world = new World({
      "Vault/a": { ...VAULT, hasPieces: true, state: { text: manifestIn(text), schema: 1 } },
    });
    await world.store.writeParts(VAULT_ADDRESS, PIECES);
    const event = { actor: "Vault", id: "a", method: "increment", args: [1] };
    const reply = (await world.handle(event)) as InvocationReply;
    world.checkIsAtRest();
    if (reply.ok) return ACCEPTED;
    const left = await world.store.readParts(VAULT_ADDRESS, "STATE#");
    promised(left.length === PIECES.length, "no piece of a state that cannot be read is removed");
    return codeOfWire(reply.error, this.refusals);
  },
};

function manifestIn(text: string): string {
  try {
    return textOf((JSON.parse(text) as { state?: unknown } | null)?.state);
  } catch {
    // Garbled: what is left of it.
    return text.slice(text.indexOf("#"));
  }
}

const ITEMS = [
  '{"pk":"Vault/a","sk":"HEAD","version":1,"fence":2,"leaseId":"l","leaseUntil":5,"state":"{}","schema":1,"inbox":"","spilled":false,"failing":"","outbox":"","reminders":"","wakeShard":1,"wakeAt":7,"usedAt":6,"expiresAt":9}',
  '{"pk":"Vault/a","sk":"PART#INBOX#1","body":"AAAAAAAAAAAAAAAA 1","expiresAt":9}',
  '{"pk":"call","actor":"Vault/a","method":"keep","status":"pending","startedAt":1,"settledAt":2,"expiresAt":3}',
  '{"pk":"call","actor":"Vault/a","method":"keep","status":"succeeded","startedAt":1,"result":"1"}',
  '{"pk":"call","actor":"Vault/a","method":"keep","status":"failed","startedAt":1,"error":"{}"}',
];

/** DynamoDB items, in the values that its client makes of them. That the keys are text is the table's word. */
export const item: Target = {
  name: "item",
  weight: 120,
  inputs: fc.oneof(
    { weight: 5, arbitrary: mutated(ITEMS) },
    {
      weight: 1,
      arbitrary: hostileObject({ version: oneOf(1), fence: oneOf(2), state: oneOf("{}"), inbox: oneOf("") }),
    },
  ),
  refusals: REFUSALS,
  feed(text) {
    const value = unpack(JSON.parse(text) as Json, "item");
    const fields = { ...(value as object), pk: "Vault/a", sk: "PART#x" };
    const codes = [headOfItem, partOfItem, callOfItem].map((read) => {
      try {
        return read(fields);
      } catch (thrown) {
        return thrown;
      }
    });
    const refused = codes.find((code) => code instanceof Error);
    if (refused !== undefined && codes.every((code) => code instanceof Error)) throw refused;
    return ACCEPTED;
  },
};

const LETTERS = [
  '{"body":{"actor":"Vault","id":"a","method":"keep","args":[1],"mode":"send","callId":"c","sentAtMs":1},"reason":{"code":"x","message":"m","name":"N","stack":"s","attempts":3,"atMs":5}}',
  '{"body":{"actor":"Vault","id":"a/b","method":"keep","mode":"start","callId":"c"},"reason":{"code":"x"},"receiveCount":2,"sentMs":1}',
];

export const deadLetter: Target = {
  name: "dead letter",
  weight: 100,
  inputs: fc.oneof(
    { weight: 5, arbitrary: mutated(LETTERS) },
    { weight: 1, arbitrary: hostileObject({ body: hostileJson, reason: hostileJson }) },
  ),
  refusals: [],
  feed(text) {
    const { body, reason } = (JSON.parse(text) ?? {}) as { body?: unknown; reason?: unknown };
    const letter = {
      messageId: "m",
      receipt: "r",
      body: textOf(body),
      receiveCount: 1,
      sentMs: NOW_MS,
      attributes: reason === undefined ? {} : { reason: textOf(reason) },
    };
    const read = readDeadLetter(letter);
    promised(
      Number.isFinite(read.reason.attempts) && Number.isFinite(read.reason.atMs),
      "a reason has numbers",
    );
    promised(
      typeof read.reason.code === "string" && typeof read.reason.message === "string",
      "a reason has texts",
    );
    promised(
      (redriven(letter) === undefined) === (read.actor === undefined),
      "what can be read can be redriven",
    );
    return ACCEPTED;
  },
};

/** An actor with nested classes whose stored state is hostile, called through the router. */
export const storedState: Target = {
  name: "stored state",
  weight: 40,
  inputs: fc.oneof(
    { weight: 5, arbitrary: mutated(STATES, { garbled: true }) },
    {
      weight: 1,
      arbitrary: hostileObject({
        orders: hostileJson,
        total: hostileJson,
        ctx: hostileJson,
        add: hostileJson,
      }),
    },
  ),
  refusals: [...REFUSALS, "StateTooLarge"],
  async feed(text) {
    const world = new World({ "Shop/s": { ...VAULT, inbox: "", state: { text, schema: 1 } } });
    const event = { actor: "Shop", id: "s", method: "add", args: [1] };
    const reply = (await world.handle(event)) as InvocationReply;
    world.checkIsAtRest();
    if (reply.ok) return ACCEPTED;
    promised(world.store.heads.get("Shop/s")?.state?.text === text, "the state stays as it was");
    return codeOfWire(reply.error, this.refusals);
  },
};
