/** Invocations, requests about tracked calls and requests to publish, as Lambda hands them over. */
import fc from "fast-check";
import { MethodError } from "../../../lib/errors";
import type { InvocationReply } from "../../../lib/invocation";
import { openReply } from "../../../lib/invocation";
import { promised } from "../finding";
import { hostileJson, hostileObject, mutated, oneOf } from "../hostile-text";
import { ACCEPTED, type Target } from "../target";
import { codeOfWire, REFUSALS } from "../typed-errors";
import { OPEN_CALL, World } from "../world";

export const METHODS = [
  "increment",
  "keep",
  "echo",
  "fail",
  "look",
  "whoAmI",
  "leaveOpen",
  "settle",
  "arrange",
  "announce",
  "tell",
  "ask",
  "paid",
];

const CHAIN = Array.from({ length: 30 }, (_, place) => `Vault/${place}${"x".repeat(100)}`);

export const INVOCATIONS = [
  JSON.stringify({ actor: "Vault", id: "a", method: "keep", args: [1], chain: [...CHAIN, "Vault/a"] }),
  '{"actor":"Vault","id":"a","method":"keep","args":[1],"mode":"send","callId":"c","hops":65}',
  '{"actor":"Vault","id":"a","method":"increment","args":[2]}',
  '{"actor":"Vault","id":"a","method":"keep","args":[{"a":[1,{"$date":null}],"b":"x"}],"mode":"call","callId":"c1","timeoutMs":1000}',
  '{"actor":"Vault","id":"new","method":"echo","args":[{"$map":[["k",{"$set":[1]}]]},{"$bigint":"1"}],"callId":"AAAAAAAAAAAAAAAB","sentAtMs":1799999999000,"attempt":2}',
  '{"actor":"Vault","id":"a","method":"keep","args":[1],"mode":"send","callId":"c2","delayMs":5000,"hops":3}',
  '{"actor":"Vault","id":"a","method":"leaveOpen","args":[],"mode":"start","callId":"c3","sentAtMs":1799999999000}',
  '{"actor":"Vault","id":"a","method":"look","args":[],"consistency":"eventual","chain":["Vault/b","Shop/s"],"hops":2}',
  '{"actor":"Vault","id":"a","method":"keep","args":[1],"chain":["Vault/b","Vault/a"],"hops":64}',
  '{"actor":"Vault","id":"a","method":"fail","args":[{"name":"N","message":"m","code":"c","retryable":true,"more":[1]}]}',
  '{"actor":"Vault","id":"a","method":"arrange","args":["r",{"cron":"0 9 * * MON","timezone":"Europe/Berlin","missed":"each"},1]}',
  '{"actor":"Vault","id":"a","method":"arrange","args":["r",{"in":"5m"},{"x":1}]}',
  '{"actor":"Vault","id":"a","method":"announce","args":["Paid",{"orderId":"o","metadata":{"x":1},"at":{"$date":null}}]}',
  '{"actor":"Vault","id":"a","method":"tell","args":["b",{"x":1},{"delay":"5s","idempotencyKey":"k"}]}',
  '{"actor":"Vault","id":"a","method":"ask","args":["b",{"x":1}]}',
  '{"actor":"Vault","id":"a","method":"settle","args":["open-call",{"x":1}]}',
  '{"actor":"Shop","id":"s","method":"add","args":[2]}',
];

const REQUESTS = [
  `{"mode":"status","callId":"${OPEN_CALL}"}`,
  `{"mode":"resolve","callId":"${OPEN_CALL}","result":{"a":[1,{"$date":null}]}}`,
  `{"mode":"reject","callId":"${OPEN_CALL}","error":{"code":"c","message":"m","retryable":false,"name":"N","details":{"a":1}}}`,
  '{"mode":"emit","source":"shop","detailType":"Paid","detail":{"id":"a","metadata":{"x":1}},"eventId":"e","hops":1}',
];

/** Valid fields of an invocation. */
const FIELDS = {
  actor: oneOf("Vault", "Shop", "constructor"),
  id: oneOf("a", "b", "a/b", "é", "__proto__"),
  method: oneOf(...METHODS),
  args: fc.array(hostileJson, { maxLength: 3 }).map((args) => `[${args.join(",")}]`),
  mode: oneOf("call", "call", "send", "start"),
  callId: oneOf("c", OPEN_CALL, "AAAAAAAAAAAAAAAA"),
};

export const hostileInvocation: fc.Arbitrary<string> = fc.oneof(
  { weight: 5, arbitrary: mutated(INVOCATIONS) },
  { weight: 2, arbitrary: hostileObject(FIELDS) },
);

export const invocation: Target = {
  name: "invocation",
  weight: 150,
  inputs: hostileInvocation,
  refusals: [...REFUSALS, "NotTracked"],
  async feed(text) {
    return answered(JSON.parse(text), this.refusals);
  },
};

export const callRequest: Target = {
  name: "call request",
  weight: 80,
  inputs: fc.oneof(
    { weight: 5, arbitrary: mutated(REQUESTS) },
    {
      weight: 1,
      arbitrary: hostileObject({
        mode: oneOf("status", "resolve", "reject", "emit"),
        callId: oneOf(OPEN_CALL, "x"),
        result: hostileJson,
        error: hostileObject({
          code: oneOf("c"),
          message: oneOf("m"),
          retryable: oneOf(true),
          details: hostileJson,
        }),
      }),
    },
  ),
  refusals: [...REFUSALS, "UnknownCall"],
  async feed(text) {
    return answered(JSON.parse(text), this.refusals);
  },
};

async function answered(event: unknown, refusals: readonly string[]): Promise<string> {
  const world = new World();
  const answer = JSON.stringify(await world.handle(event));
  world.checkIsAtRest();
  const reply = JSON.parse(answer) as InvocationReply;
  if (reply.ok) {
    openReply(reply);
    return ACCEPTED;
  }
  promised(reply.ok === false, "an answer is ok or not");
  const code = codeOfWire(reply.error, refusals);
  // What a turn called before it failed has happened.
  if (code !== MethodError.code) world.checkIsUntouched();
  return code;
}
