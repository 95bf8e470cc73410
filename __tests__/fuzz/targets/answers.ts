/** What a client is told: replies and errors of a server that is hostile, or broken. The caller gets a value or a typed error. */
import fc from "fast-check";
import { lambdaTransport } from "../../../lib/aws/lambda-transport";
import { DurableError } from "../../../lib/errors";
import { type InvocationReply, openReply } from "../../../lib/invocation";
import { type Json, unpack } from "../../../lib/values/codec";
import { errorFromWire, errorToWire, isWireError, methodError } from "../../../lib/wire-error";
import { promised } from "../finding";
import { hostileJson, hostileObject, mutated, oneOf } from "../hostile-text";
import { ACCEPTED, type Target } from "../target";

const ERRORS = [
  '{"code":"UnknownMethod","message":"m","retryable":false,"details":{"field":"method","known":["a"]}}',
  '{"code":"card_declined","message":"m","retryable":true,"name":"CardError","details":{"at":{"$date":null},"reason":{"$map":[]}},"stack":"s"}',
  '{"code":"Other","message":"m","retryable":false}',
];
const error = fc.oneof(
  { weight: 4, arbitrary: mutated(ERRORS) },
  {
    weight: 1,
    arbitrary: hostileObject({
      code: oneOf("UnknownMethod", "constructor", "x"),
      message: oneOf("m"),
      retryable: oneOf(true, false),
      name: oneOf("N", "__proto__"),
      details: hostileJson,
    }),
  },
);

/** The tags of values that cannot be read are an error of their own. */
const REFUSALS = ["CorruptState", "ForbiddenKey", "TooDeep", "NotSerializable", "TransportError"];

export const wireError: Target = {
  name: "wire error",
  weight: 100,
  inputs: error,
  refusals: REFUSALS,
  feed(text) {
    const wire: unknown = JSON.parse(text);
    const made = errorFromWire(wire);
    promised(made instanceof DurableError, "an error of this package comes out");
    promised(made instanceof Error && typeof made.message === "string", "it is an Error");
    if (!isWireError(wire)) throw made;
    promised(made.code === wire.code && made.message === wire.message, "it says what was sent");
    const again = errorFromWire(errorToWire(made, { stack: false }));
    promised(again.code === made.code && again.name === made.name, "it can be sent on");
    return ACCEPTED;
  },
};

/** Whatever a method throws can be sent. */
export const thrown: Target = {
  name: "thrown value",
  weight: 40,
  inputs: fc.oneof({ weight: 2, arbitrary: mutated(ERRORS) }, { weight: 1, arbitrary: hostileJson }),
  refusals: REFUSALS,
  feed(text) {
    const value = unpack(JSON.parse(text) as Json, "thrown");
    const isObject = typeof value === "object" && value !== null;
    for (const one of [
      value,
      isObject ? Object.assign(new Error("x"), value) : new Error("x", { cause: value }),
    ]) {
      const wire = errorToWire(methodError(one), { stack: true });
      promised(isWireError(JSON.parse(JSON.stringify(wire))), "what was thrown can be sent");
      promised(errorFromWire(wire) instanceof DurableError, "and comes back as an error");
    }
    return ACCEPTED;
  },
};

const REPLIES = [
  '{"ok":true,"result":{"a":[1,{"$date":null}]},"version":3}',
  '{"ok":false,"error":{"code":"UnknownMethod","message":"m","retryable":false,"details":{"x":1}}}',
  '{"errorType":"Runtime.ExitError","errorMessage":"exited"}',
  '{"ok":true,"callId":"c"}',
];

/** The reply to a client's invocation, as Lambda hands it back. */
export const reply: Target = {
  name: "reply",
  weight: 60,
  inputs: fc.oneof(
    { weight: 3, arbitrary: mutated(REPLIES, { garbled: true }) },
    { weight: 1, arbitrary: hostileObject({ ok: oneOf(true, false), result: hostileJson, error }) },
  ),
  refusals: REFUSALS,
  async feed(text) {
    const client = { send: async () => ({ Payload: Buffer.from(text) }) };
    const transport = lambdaTransport({ functionName: "router", client: client as never });
    const answer: InvocationReply = await transport.invoke({ actor: "Vault", id: "a", method: "look" });
    try {
      openReply(answer);
    } catch (refusal) {
      // Whatever code the error was sent with.
      if (!answer.ok && refusal instanceof DurableError && isWireError(answer.error)) return "error";
      throw refusal;
    }
    return ACCEPTED;
  },
};
