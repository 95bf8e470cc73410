/** The SDK clients, configured for conditional writes from a Lambda: fail fast, try again, reuse connections. */
import { DynamoDBClient, type DynamoDBClientConfig } from "@aws-sdk/client-dynamodb";
import type { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import type { LambdaClient } from "@aws-sdk/client-lambda";
import type { SQSClient } from "@aws-sdk/client-sqs";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { eventBridgeSdk } from "./event-bridge-sdk";
import { lambdaSdk } from "./lambda-sdk";
import { sqsSdk } from "./sqs-sdk";

/** DynamoDB answers within milliseconds; a request that takes this long is repeated rather than waited for. */
const TIMEOUTS = { connectionTimeout: 1_000, socketTimeout: 3_000 } as const;

/** SQS takes up to 1 MiB at once. A receive that waits for messages asks for more; no socket is silent for longer. */
const SQS_TIMEOUTS = {
  connectionTimeout: 1_000,
  requestTimeout: 5_000,
  throwOnRequestTimeout: true,
  socketTimeout: 30_000,
} as const;

/** EventBridge takes up to 256 KB at once, and never waits for anything. */
const EVENT_BRIDGE_TIMEOUTS = {
  connectionTimeout: 1_000,
  requestTimeout: 5_000,
  throwOnRequestTimeout: true,
} as const;

export function dynamoClient(config: DynamoDBClientConfig = {}): DynamoDBDocumentClient {
  const client = new DynamoDBClient({ requestHandler: TIMEOUTS, ...config });
  return DynamoDBDocumentClient.from(client);
}

/** One attempt each: an attempt of the client's is marked as a repetition, one of the SDK's would not be. */
export function lambdaClient(): LambdaClient {
  const { LambdaClient } = lambdaSdk();
  return new LambdaClient({ maxAttempts: 1 });
}

export function sqsClient(): SQSClient {
  const { SQSClient } = sqsSdk();
  const { AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_SQS } = process.env;
  const hasEndpoint = Boolean(AWS_ENDPOINT_URL_SQS || AWS_ENDPOINT_URL);
  return new SQSClient({
    requestHandler: SQS_TIMEOUTS,
    // The SDK prefers the queue URL's host, which for an emulator may not resolve.
    ...(hasEndpoint ? { useQueueUrlAsEndpoint: false } : {}),
  });
}

export function eventBridgeClient(): EventBridgeClient {
  const { EventBridgeClient } = eventBridgeSdk();
  return new EventBridgeClient({ requestHandler: EVENT_BRIDGE_TIMEOUTS });
}
