/** Names: of actors, of calls, and of what queues tell them by. Refused, or kept exactly; two of them are never one. */
import fc from "fast-check";
import { ACTOR_TYPE, type Address, addressKey, checkActorId, parseAddressKey } from "../../../lib/address";
import { callKey, childCallOf, isCallId, isChosen, keyedCallId } from "../../../lib/call-id";
import { Inbox } from "../../../lib/inbox";
import type { InvocationReply } from "../../../lib/invocation";
import { groupIdOf, type Message, parseMessage, queued } from "../../../lib/messages/message";
import { HOSTILE_TEXTS } from "../dictionary";
import { promised } from "../finding";
import { anyText, hostileJson, mutated } from "../hostile-text";
import { ACCEPTED, type Target } from "../target";
import { codeOfWire, REFUSALS } from "../typed-errors";
import { World } from "../world";

const QUEUE = { maxMessageBytes: 1_048_576 };
const idText = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom(...HOSTILE_TEXTS) },
  { weight: 2, arbitrary: anyText(6) },
  {
    weight: 1,
    arbitrary: fc.string({ unit: fc.constantFrom("a", "/", "#", "~", "\n", "V", ".", "%"), maxLength: 6 }),
  },
  {
    weight: 1,
    arbitrary: fc.string({ unit: fc.constantFrom("é", "x", "🙂"), minLength: 120, maxLength: 600 }),
  },
);

/** Each is compared with each. */
const MAX_ROWS = 5;

/** A list of addresses, each with a call: [type, id, method, callId, key]. */
export const names: Target = {
  name: "names",
  weight: 60,
  inputs: fc.oneof(
    {
      weight: 3,
      arbitrary: mutated([
        '[["Vault","a","keep","c","k"],["Vault","a/b","keep","~c","k"],["V","ault/a","keep","c","k"]]',
        '[["a","b/c","m","AAAAAAAAAAAAAAAA","x"],["a.b","c","m","~AAAAAAAAAAAAAAAA","x"],["a","b","m","d","é"]]',
      ]),
    },
    {
      weight: 2,
      arbitrary: fc
        .array(
          fc.tuple(fc.constantFrom("Vault", "V", "a.b", "a_b"), idText, fc.constant("m"), idText, idText),
          {
            minLength: 2,
            maxLength: 3,
          },
        )
        .map((rows) => JSON.stringify(rows)),
    },
  ),
  refusals: ["InvalidActorId", "UnexpectedEvent"],
  feed(text) {
    const rows: unknown = JSON.parse(text);
    let refused: unknown;
    const named = (Array.isArray(rows) ? rows.slice(0, MAX_ROWS).filter(isWritable) : []).flatMap((row) => {
      try {
        return [namesOf(row)];
      } catch (thrown) {
        refused = thrown;
        return [];
      }
    });
    for (const one of named) for (const other of named) checkDiffer(one, other);
    if (named.length === 0 && refused !== undefined) throw refused;
    return ACCEPTED;
  },
};

/** False for what is nested too deeply for the message that the test itself writes. */
function isWritable(row: unknown): boolean {
  try {
    JSON.stringify(row);
    return true;
  } catch {
    return false;
  }
}

interface Named {
  readonly address: Address;
  readonly callId: string;
  readonly key: string;
  readonly keyed: string;
}

function namesOf(row: unknown): Named {
  const [type, id, method, callId, key] = (Array.isArray(row) ? row : []) as unknown[];
  const isType = typeof type === "string" && ACTOR_TYPE.test(type);
  const address = { type: isType ? type : "Vault", id: checkActorId(id) };
  const parsed = parseAddressKey(addressKey(address));
  promised(parsed.type === address.type && parsed.id === address.id, "an address parses back");
  const keyed = keyedCallId(address, key);
  promised(isCallId(keyed), "a key makes a call id");
  const body = { actor: address.type, id: address.id, method, args: [], mode: "send", callId };
  const message = parseMessage(JSON.stringify(body)) as Message;
  promised(message.callId === callId && message.method === method, "a message keeps its names");
  const { groupId = "", deduplicationId = "" } = queued(message, QUEUE);
  promised(
    [groupId, deduplicationId].every((one) => /^[!-~]{1,128}$/.test(one)),
    "SQS takes the names",
  );
  for (const sentAtMs of [undefined, 5]) checkCallKey({ callId: message.callId, sentAtMs });
  return { address, callId: message.callId, key: key as string, keyed };
}

/** An inbox has a line for each call: its key must fit in one. */
function checkCallKey(identity: { callId: string; sentAtMs: number | undefined }): void {
  const key = callKey(identity);
  promised(isChosen(key) === (identity.sentAtMs === undefined), "a key tells whose choice it was");
  const inbox = Inbox.parse(Inbox.of(new Map([[key, { version: 1, result: '"\\n"' }]])).text);
  promised(inbox.get(key)?.version === 1, "an inbox finds a call");
  const child = { ordinal: 0, address: { type: "V", id: "a" }, method: "m", args: "[]" };
  promised(childCallOf(identity, child).callId.length === 16, "a child has an id");
}

function checkDiffer(one: Named, other: Named): void {
  const isSame = one.address.type === other.address.type && one.address.id === other.address.id;
  promised((addressKey(one.address) === addressKey(other.address)) === isSame, "actors do not share a key");
  promised((groupIdOf(one.address) === groupIdOf(other.address)) === isSame, "actors do not share a group");
  const isSameKey = isSame && one.key === other.key;
  promised((one.keyed === other.keyed) === isSameKey, "idempotency keys do not collide");
  const isSameCall = one.callId === other.callId;
  const keys = [one, other].map(({ callId }) => callKey({ callId, sentAtMs: undefined }));
  promised((keys[0] === keys[1]) === isSameCall, "calls do not share a key");
}

/** An id goes through a path and comes back as it was. */
export const paths: Target = {
  name: "paths",
  weight: 60,
  inputs: fc.oneof(
    { weight: 3, arbitrary: idText.map((id) => JSON.stringify(id)) },
    { weight: 1, arbitrary: hostileJson },
  ),
  refusals: [...REFUSALS],
  async feed(text) {
    const id: unknown = JSON.parse(text);
    const segment = typeof id === "string" && id.isWellFormed() ? encodeURIComponent(id) : "%ZZ";
    const world = new World({});
    const answer = (await world.handle({
      requestContext: { http: { method: "POST" }, domainName: "x.lambda-url.eu-central-1.on.aws" },
      rawPath: `/actors/Vault/${segment}/whoAmI`,
    })) as { statusCode: number; body: string };
    const reply = JSON.parse(answer.body) as InvocationReply;
    world.checkIsAtRest();
    if (!reply.ok) return codeOfWire(reply.error, this.refusals);
    promised(reply.result === id, "an actor is who it was called");
    return ACCEPTED;
  },
};
