/** As `bare-handler.ts`, with the one client alone that a router loads in its init phase. */
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, UpdateCommand } from "@aws-sdk/lib-dynamodb";

const documents = DynamoDBDocumentClient.from(new DynamoDBClient());

/** @public What Lambda would call. */
export async function handler({ id }: { readonly id: string }): Promise<void> {
  await documents.send(new UpdateCommand({ TableName: "State", Key: { pk: id } }));
}
