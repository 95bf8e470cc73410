/** What a request to a service is for. */
import type { ServiceRequest } from "../cloud/service";

export type Purpose =
  | "acquire"
  | "commit"
  | "release"
  | "renew"
  | "write parts"
  | "open call"
  | "settle call"
  | "read"
  | "send"
  | "publish"
  | "receive"
  | "delete"
  | "hide";

const PURPOSES: Readonly<Record<string, Purpose>> = {
  GetCommand: "read",
  QueryCommand: "read",
  BatchWriteCommand: "write parts",
  SendMessageBatchCommand: "send",
  ReceiveMessageCommand: "receive",
  DeleteMessageBatchCommand: "delete",
  ChangeMessageVisibilityBatchCommand: "hide",
  PutEventsCommand: "publish",
};

export function purposeOf({ command, input }: ServiceRequest): Purpose {
  if (command === "PutCommand") return "ConditionExpression" in input ? "open call" : "write parts";
  if (command === "UpdateCommand") {
    const { UpdateExpression: update } = input as { UpdateExpression: string };
    if (update.includes("#settledAt")) return "settle call";
    if (update.includes("ADD #fence")) return "acquire";
    if (update.includes("#version = :version")) return "commit";
    return update.includes("#leaseId") ? "release" : "renew";
  }
  const purpose = PURPOSES[command];
  if (purpose === undefined) throw new Error(`${command} is for nothing that is known here.`);
  return purpose;
}
