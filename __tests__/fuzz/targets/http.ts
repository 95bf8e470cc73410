/** HTTP events of payload format 2.0. Every answer is JSON; one that refuses is a problem with a status that blames the right one. */
import fc from "fast-check";
import { MethodError } from "../../../lib/errors";
import type { InvocationReply } from "../../../lib/invocation";
import { promised } from "../finding";
import { anyText, hostileJson, hostileObject, mutated, oneOf } from "../hostile-text";
import { ACCEPTED, type Target } from "../target";
import { codeOfWire, REFUSALS } from "../typed-errors";
import { World } from "../world";
import { hostileInvocation, METHODS } from "./invocations";

const FUNCTION_URL = { domainName: "x.lambda-url.eu-central-1.on.aws", stage: "$default" };
const HTTP_API = { domainName: "x.execute-api.eu-central-1.amazonaws.com", stage: "prod" };

const eventText = (context: object, rawPath: string, more: object = {}) =>
  JSON.stringify({
    version: "2.0",
    rawPath,
    headers: { "Content-Type": "application/json; charset=utf-8", host: "x" },
    requestContext: { ...context, http: { method: "POST", path: rawPath } },
    body: '{"args":[1]}',
    isBase64Encoded: false,
    ...more,
  });

const EVENTS = [
  eventText(FUNCTION_URL, "/actors/Vault/a/increment"),
  eventText(FUNCTION_URL, "/actors/Vault/a%2Fb%00/keep"),
  eventText(FUNCTION_URL, "/actors", { body: "BODY" }),
  eventText(HTTP_API, "/prod/actors/Vault/a/b/whoAmI", { body: null }),
  eventText(HTTP_API, "/prod/actors/Vault/../look"),
  eventText(FUNCTION_URL, "/actors/Vault/a/keep", {
    body: Buffer.from('{"args":[1]}').toString("base64"),
    isBase64Encoded: true,
  }),
];

const path = fc
  .array(
    fc.oneof(
      oneOf("actors", "Vault", "a", ...METHODS, "..", "%", "%00", "%ED%A0%80", "__proto__"),
      anyText(4).map((text) => JSON.stringify(text)),
    ),
    { maxLength: 5 },
  )
  .map((parts) => JSON.stringify(`/${parts.map((part) => JSON.parse(part) as string).join("/")}`));

const inner = fc.oneof(
  { weight: 2, arbitrary: hostileInvocation },
  { weight: 1, arbitrary: mutated(['{"args":[1],"mode":"call"}'], { garbled: true }) },
);

export const http: Target = {
  name: "http event",
  weight: 70,
  inputs: fc
    .tuple(
      fc.oneof(
        { weight: 4, arbitrary: mutated(EVENTS) },
        { weight: 2, arbitrary: fc.constant(EVENTS[2] as string) },
        {
          weight: 1,
          arbitrary: hostileObject({
            rawPath: path,
            headers: hostileObject({ "content-type": oneOf("application/json") }),
            requestContext: hostileObject({
              http: hostileObject({ method: oneOf("POST", "GET") }),
              stage: oneOf("$default"),
              domainName: oneOf("d", "x.lambda-url.y"),
            }),
            body: fc.oneof(oneOf("BODY"), hostileJson),
          }),
        },
      ),
      inner,
    )
    .map(([text, body]) => text.replace('"BODY"', () => JSON.stringify(body))),
  refusals: [...REFUSALS, "NotTracked", "UnknownCall"],
  async feed(text) {
    const world = new World();
    const answer: unknown = await world.handle(JSON.parse(text));
    world.checkIsAtRest();
    const { statusCode, body, headers } = answer as { statusCode?: number; body?: string; headers?: object };
    // Without a requestContext it is no HTTP event, and gets another answer.
    if (statusCode === undefined) return answeredOtherwise(answer, this.refusals);
    const reply = JSON.parse(body as string) as InvocationReply & { status?: number };
    if (reply.ok) {
      promised(statusCode === 200, "what succeeds has status 200");
      return ACCEPTED;
    }
    promised(JSON.stringify(headers).includes("application/problem+json"), "a refusal is a problem");
    promised(reply.status === statusCode, "a problem has its status inside too");
    const code = codeOfWire(reply.error, this.refusals);
    const isBlamedOnCaller = statusCode >= 400 && statusCode < 500;
    const isOfActor = code === MethodError.code || statusCode === 508 || isNotOfArgs(reply.error.details);
    promised(isBlamedOnCaller || isOfActor, `${code} has the status ${statusCode}: ${reply.error.message}`);
    return code;
  },
};

function answeredOtherwise(answer: unknown, refusals: readonly string[]): string {
  const { ok, error } = answer as { ok?: boolean; error?: unknown };
  return ok === false ? codeOfWire(error, refusals) : ACCEPTED;
}

/** What a method made of its arguments and cannot be kept is no fault of the caller's. */
function isNotOfArgs(details: unknown): boolean {
  const { path: where } = (details ?? {}) as { path?: unknown };
  return typeof where === "string" && !where.startsWith("args");
}
