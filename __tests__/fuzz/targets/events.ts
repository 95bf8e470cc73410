/** Events of the bus, the sweep, and whatever else Lambda may hand over. What cannot be passed on becomes a dead letter. */
import fc from "fast-check";
import { isRedriven } from "../../../lib/messages/dead-letter";
import { isWireError } from "../../../lib/wire-error";
import { promised } from "../finding";
import { hostileJson, hostileObject, mutated, oneOf } from "../hostile-text";
import { ACCEPTED, type Target } from "../target";
import { codeOfWire, REFUSALS } from "../typed-errors";
import { World } from "../world";

const EVENTS = [
  '{"version":"0","id":"e1","detail-type":"Paid","source":"shop","account":"1","time":"2026-11-24T12:00:00Z","region":"r","resources":[],"detail":{"id":"a","amount":3,"metadata":{"eventId":"x","hops":2}}}',
  '{"id":"e2","detail-type":"Paid","source":"shop","time":"2026-11-24T12:00:00Z","detail":{"id":7,"at":{"$date":null},"metadata":{"eventId":"y","encoding":"durable-lambda"}}}',
  '{"id":"e3","detail-type":"Listed","source":"shop","time":"2026-11-24T12:00:00Z","detail":{"id":"b","items":[{"a":1,"b":2,"c":{"d":[1,2]}},{"a":[1,3],"b":[1,0],"c":[{"d":1}]}]}}',
];

export const busEvent: Target = {
  name: "bus event",
  weight: 50,
  inputs: fc.oneof(
    { weight: 5, arbitrary: mutated(EVENTS) },
    {
      weight: 2,
      arbitrary: hostileObject({
        id: oneOf("e", ""),
        "detail-type": oneOf("Paid", "Listed", "Lt*d"),
        source: oneOf("shop"),
        time: oneOf("2026-11-24T12:00:00Z", "2026-02-30"),
        detail: hostileObject({
          id: oneOf("a", "b/c", 5),
          items: hostileJson,
          metadata: hostileObject({
            eventId: oneOf("x"),
            hops: oneOf(1, 63, 64, 65),
            encoding: oneOf("durable-lambda"),
          }),
        }),
      }),
    },
  ),
  refusals: REFUSALS,
  async feed(text) {
    const world = new World();
    const answer = (await world.handle(JSON.parse(text))) as {
      messages?: number;
      ok?: boolean;
      error?: unknown;
    };
    world.checkIsAtRest();
    if (answer.ok === false) return codeOfWire(answer.error, this.refusals);
    const { messages, deadLetters } = world.queues;
    promised(
      answer.messages === undefined || answer.messages === messages.sent.length,
      "what is queued is counted",
    );
    for (const { attributes = {} } of deadLetters.sent) {
      promised(isRedriven({ attributes }), "a dead letter has its reason");
      const { code, message } = JSON.parse(attributes.reason as string) as { code: string; message: string };
      codeOfWire({ code, message, retryable: false }, this.refusals);
    }
    return deadLetters.sent.length > 0 ? "dead letter" : ACCEPTED;
  },
};

const SHAPES = [
  '{"mode":"sweep"}',
  '{"source":"aws.events","detail-type":"Scheduled Event","detail":{}}',
  '{"Records":[]}',
  '{"Records":[{"eventSource":"aws:s3"}]}',
  '{"Records":[{"eventSource":"aws:sqs","messageId":"m","receiptHandle":"r","body":"{}","eventSourceARN":"x.fifo","attributes":{"MessageGroupId":"g","SequenceNumber":"1","ApproximateReceiveCount":"1","SentTimestamp":"1"},"messageAttributes":{"reason":{"stringValue":"x"}}}]}',
  '{"requestContext":{"http":{"method":"POST","path":"/"},"stage":"x","domainName":"d"},"rawPath":"/actors","headers":{"content-type":"application/json"},"body":"{}","isBase64Encoded":true}',
  '{"requestContext":{"elb":{}},"httpMethod":"GET","path":"/"}',
  '{"detail-type":"x","source":"y","detail":null}',
];

/** An event that is none of the known forms, or nearly one of them. */
export const anyEvent: Target = {
  name: "any event",
  weight: 70,
  inputs: fc.oneof({ weight: 4, arbitrary: mutated(SHAPES) }, { weight: 1, arbitrary: hostileJson }),
  refusals: [...REFUSALS, "UnknownCall"],
  async feed(text) {
    const world = new World();
    const answer: unknown = await world.handle(JSON.parse(text));
    world.checkIsAtRest();
    promised(typeof answer === "object" && answer !== null, "an answer is an object");
    const { ok, error, body } = answer as { ok?: boolean; error?: unknown; body?: string };
    const problem = body === undefined ? undefined : (JSON.parse(body) as { error?: unknown }).error;
    if (ok === false || isWireError(problem)) return codeOfWire(error ?? problem, this.refusals);
    return ACCEPTED;
  },
};
