/** What `bundle` compares with: a function of the same SDK clients, made as the SDK's own examples make them, and nothing else. */
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { SendMessageBatchCommand, SQSClient } from "@aws-sdk/client-sqs";
import { DynamoDBDocumentClient, UpdateCommand } from "@aws-sdk/lib-dynamodb";

const documents = DynamoDBDocumentClient.from(new DynamoDBClient());
const queue = new SQSClient();
const bus = new EventBridgeClient();

/** @public What Lambda would call. */
export async function handler({ id }: { readonly id: string }): Promise<void> {
  await documents.send(new UpdateCommand({ TableName: "State", Key: { pk: id } }));
  await queue.send(new SendMessageBatchCommand({ QueueUrl: "Messages", Entries: [] }));
  await bus.send(new PutEventsCommand({ Entries: [] }));
}
