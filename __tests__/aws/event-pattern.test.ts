/** Patterns at EventBridge itself, or at what stands in for it: the tables that the matcher is held to, by TestEventPattern. */
import { EventBridgeClient, TestEventPatternCommand } from "@aws-sdk/client-eventbridge";
import { givenEndpoint } from "../support/endpoints";
import { EVENT, PATTERN_ROWS, REFUSED_ROWS } from "../support/event-patterns";

const endpoint = givenEndpoint("eventbridge");
/** In the names of the tests, for `npm run test:conformance` to leave them out there. */
const markOf = ({ notOnLocalStack }: { readonly notOnLocalStack: boolean }) =>
  notOnLocalStack ? " (not on LocalStack)" : "";

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

  it.each(PATTERN_ROWS.map((row) => [row.pattern, row.event, row.expected, markOf(row)] as const))(
    "%j and %j match: %s%s",
    async (pattern, event, expected) => {
      expect((await ask(pattern, event)).Result).toBe(expected);
    },
  );

  it.each(REFUSED_ROWS.filter(({ onlyHere }) => !onlyHere).map((row) => [row.pattern, markOf(row)] as const))(
    "%j is refused%s",
    async (pattern) => {
      await expect(ask(pattern, EVENT)).rejects.toThrow();
    },
  );
});
