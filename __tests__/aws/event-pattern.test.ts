/** Patterns at EventBridge itself, or at what stands in for it: the tables that the matcher is held to, by TestEventPattern. */
import { EventBridgeClient, TestEventPatternCommand } from "@aws-sdk/client-eventbridge";
import { givenEndpoint, isLocalStack } from "../support/endpoints";
import { EVENT, PATTERN_ROWS, REFUSED_ROWS } from "../support/event-patterns";

const endpoint = givenEndpoint("eventbridge");
const isAws = endpoint?.endsWith(".amazonaws.com") === true;
const atEndpoint = <T extends { readonly notOnLocalStack: boolean }>(rows: readonly T[]) =>
  rows.filter(({ notOnLocalStack }) => isAws || !isLocalStack || !notOnLocalStack);

(endpoint ? describe : describe.skip)("at the endpoint", () => {
  let client: EventBridgeClient;
  beforeAll(() => {
    const { AWS_REGION = "us-east-1", AWS_ACCESS_KEY_ID } = process.env;
    client = new EventBridgeClient({
      endpoint: endpoint as string,
      region: AWS_REGION,
      ...(AWS_ACCESS_KEY_ID ? {} : { credentials: { accessKeyId: "test", secretAccessKey: "test" } }),
    });
  });
  afterAll(() => client.destroy());

  const ask = (pattern: unknown, event: object) =>
    client.send(
      new TestEventPatternCommand({ EventPattern: JSON.stringify(pattern), Event: JSON.stringify(event) }),
    );

  it.each(atEndpoint(PATTERN_ROWS).map((row) => [row.pattern, row.event, row.expected] as const))(
    "%j and %j match: %s",
    async (pattern, event, expected) => {
      expect((await ask(pattern, event)).Result).toBe(expected);
    },
  );

  it.each(
    atEndpoint(REFUSED_ROWS)
      .filter(({ onlyHere }) => !onlyHere)
      .map(({ pattern }) => [pattern]),
  )("%j is refused", async (pattern) => {
    await expect(ask(pattern, EVENT)).rejects.toThrow();
  });
});
