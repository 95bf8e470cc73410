/** The SDK clients, configured for conditional writes from a Lambda: fail fast, try again, reuse connections. */
import { DynamoDBClient, type DynamoDBClientConfig } from "@aws-sdk/client-dynamodb";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";

/** DynamoDB answers within milliseconds; a request that takes this long is repeated rather than waited for. */
const TIMEOUTS = { connectionTimeout: 1_000, socketTimeout: 3_000 } as const;

export function dynamoClient(config: DynamoDBClientConfig = {}): DynamoDBDocumentClient {
  const client = new DynamoDBClient({ requestHandler: TIMEOUTS, ...config });
  return DynamoDBDocumentClient.from(client);
}

/** One attempt each: an attempt of the client's is marked as a repetition, one of the SDK's would not be. */
export function lambdaClient(): LambdaClient {
  return new LambdaClient({ maxAttempts: 1 });
}
