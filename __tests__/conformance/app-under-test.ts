/** An app as its callers see it: what the end-to-end suites need of one, wherever it runs. */
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { type Client, createClient } from "durable-lambda";

export interface AppUnderTest {
  /** Calls go through the function; messages and events go where they wait. */
  readonly client: Client;
  /** What a schedule does every minute. @returns the function's answer */
  sweep(): Promise<unknown>;
  close(): Promise<void>;
}

/** The app that the variables of the environment name: `DURABLE_ROUTER`, `DURABLE_TABLE` and the others. */
export function appOfEnvironment(): AppUnderTest {
  const lambda = new LambdaClient();
  return {
    client: createClient(),
    async sweep() {
      const { FunctionError, Payload } = await lambda.send(
        new InvokeCommand({
          FunctionName: process.env.DURABLE_ROUTER,
          Payload: Buffer.from(JSON.stringify({ mode: "sweep" })),
        }),
      );
      const text = Buffer.from(Payload ?? []).toString();
      if (FunctionError !== undefined) throw new Error(`The sweep failed: ${text}`);
      return JSON.parse(text) as unknown;
    },
    async close() {
      lambda.destroy();
    },
  };
}
