/**
 * Batches of messages. What is wrong with one becomes a dead letter with its reason; its neighbours go on, in its own group and
 * in others. The answer names messages of the batch alone.
 */
import fc from "fast-check";
import { isRedriven } from "../../../lib/messages/dead-letter";
import { promised } from "../finding";
import { hostileJson, hostileObject, mutated, oneOf } from "../hostile-text";
import { ACCEPTED, type Target } from "../target";
import { codeOfWire, REFUSALS } from "../typed-errors";
import { NOW_MS, World } from "../world";
import { hostileInvocation, INVOCATIONS } from "./invocations";

const FIFO = "arn:aws:sqs:eu-central-1:000000000000:messages.fifo";
const WAKES = "arn:aws:sqs:eu-central-1:000000000000:wakes";

const recordText = (arn: string, more: object, count = "1") =>
  JSON.stringify({
    messageId: "m1",
    receiptHandle: "r1",
    body: "BODY",
    attributes: {
      ApproximateReceiveCount: count,
      SentTimestamp: String(NOW_MS),
      MessageGroupId: "Vault/a",
      SequenceNumber: "18850000000000000001",
    },
    messageAttributes: more,
    eventSource: "aws:sqs",
    eventSourceARN: arn,
  });

const REASON = { reason: { stringValue: '{"code":"x"}', dataType: "String" } };
const RECORDS = [
  recordText(FIFO, {}),
  recordText(FIFO, REASON, "2"),
  recordText(FIFO, {}, "9"),
  recordText(WAKES, {}),
];

const HINTS = [
  '{"wake":{"actor":"Vault","id":"due"}}',
  '{"wake":{"actor":"Vault","id":"a"}}',
  '{"wake":{"actor":"X","id":"a"}}',
];
const MESSAGES = [
  ...INVOCATIONS.filter((text) => text.includes('"mode":"s')),
  ...INVOCATIONS.map((text) =>
    text.replace(/,"mode":"call"|,"timeoutMs":1000/g, "").replace("{", '{"mode":"send","callId":"q",'),
  ),
  `{"actor":"Vault","id":"a","method":"keep","args":[1],"mode":"send","callId":"d","notBeforeMs":${NOW_MS - 1}}`,
  `{"actor":"Vault","id":"a","method":"keep","args":[1],"mode":"send","callId":"d","delayMs":5000}`,
];

const body = fc.oneof(
  { weight: 8, arbitrary: mutated(MESSAGES, { garbled: true }) },
  { weight: 3, arbitrary: hostileInvocation },
  { weight: 2, arbitrary: mutated(HINTS, { garbled: true }) },
  { weight: 1, arbitrary: hostileJson },
);

const record = fc
  .tuple(
    fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(...RECORDS) },
      { weight: 1, arbitrary: mutated(RECORDS) },
      {
        weight: 1,
        arbitrary: hostileObject({
          messageId: oneOf("m2"),
          receiptHandle: oneOf("r"),
          body: oneOf("BODY"),
          attributes: hostileJson,
          messageAttributes: oneOf({}),
          eventSource: oneOf("aws:sqs"),
          eventSourceARN: oneOf(FIFO, WAKES),
        }),
      },
    ),
    body,
  )
  .map(([text, inner]) => text.replace('"BODY"', () => JSON.stringify(inner)));

interface BatchResponse {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/** A good one in a group of its own, and one in the group of the hostile ones. */
const bystander = (id: string, name: string) =>
  JSON.stringify({
    messageId: name,
    receiptHandle: name,
    body: JSON.stringify({ actor: "Vault", id, method: "increment", args: [1], mode: "send", callId: name }),
    attributes: {
      ApproximateReceiveCount: "1",
      SentTimestamp: String(NOW_MS),
      MessageGroupId: `Vault/${id}`,
    },
    messageAttributes: {},
    eventSource: "aws:sqs",
    eventSourceARN: FIFO,
  });

export const batch: Target = {
  name: "sqs batch",
  weight: 25,
  inputs: fc
    .array(record, { minLength: 1, maxLength: 3 })
    .map(
      (records) =>
        `{"Records":[${[...records, bystander("a", "behind"), bystander("z", "beside")].join(",")}]}`,
    ),
  refusals: REFUSALS,
  async feed(text) {
    const event = JSON.parse(text) as { Records: readonly { messageId?: unknown }[] };
    const world = new World();
    const { batchItemFailures } = (await world.handle(event)) as BatchResponse;
    world.checkIsAtRest();
    const ids = new Set(event.Records.map(({ messageId }) => messageId));
    const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
    for (const id of failed) promised(ids.has(id), `${JSON.stringify(id)} is of this batch`);
    promised(!failed.has("beside"), "another group goes on");
    promised(stateOf(world, "z").includes('"count":1,'), "the message of another group has its effect, once");
    promised(!failed.has("behind") || failed.size > 1, "nothing is held up but by what comes again");
    for (const letter of world.queues.deadLetters.sent) checkLetter(letter.attributes ?? {}, this.refusals);
    return world.queues.deadLetters.sent.length > 0
      ? "dead letter"
      : failed.size > 0
        ? "handed back"
        : ACCEPTED;
  },
};

function checkLetter(attributes: Readonly<Record<string, string>>, refusals: readonly string[]): void {
  promised(isRedriven({ attributes }), "a dead letter has its reason");
  const { code, message, name } = JSON.parse(attributes.reason as string) as Record<string, string>;
  codeOfWire({ code, message, retryable: false, ...(name === undefined ? {} : { name }) }, [
    ...refusals,
    "NotTracked",
    "ProcessDied",
  ]);
}

function stateOf(world: World, id: string): string {
  return world.store.heads.get(`Vault/${id}`)?.state?.text ?? "";
}
