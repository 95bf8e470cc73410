/**
 * Tracked calls on DynamoDB: one item per call, its id the key. The first outcome stays, since a call can only be settled
 * while it is pending (or has failed, on request); a second request with the same outcome finds its own one there.
 */
import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import type {
  NewTrackedCall,
  Outcome,
  Settled,
  Settlement,
  TrackedCall,
  TrackedCalls,
} from "../messages/tracked-calls";
import { attributesOfCall, callOfItem, expirySeconds } from "./dynamo-item";
import { DynamoTable, type Item } from "./dynamo-table";

const PENDING = "#status = :pending";
const FAILED = "#status = :failed";

/** An item has at most 400 KB; its key, its other attributes and their names need some. */
const MAX_OUTCOME_BYTES = 390 * 1_024;

export class DynamoCalls implements TrackedCalls {
  readonly maxOutcomeBytes = MAX_OUTCOME_BYTES;
  private readonly table: DynamoTable;

  constructor(client: DynamoDBDocumentClient, table: string) {
    this.table = new DynamoTable(client, { name: table, variable: "WORKFLOW_TABLE" });
  }

  async open(call: NewTrackedCall): Promise<TrackedCall> {
    const key = callKey(call.callId);
    const attributes = attributesOfCall(call);
    const written = await this.table.create(key, attributes);
    return callOfItem((written.ok ? undefined : written.current) ?? { ...key, ...attributes });
  }

  async settle(callId: string, settlement: Settlement): Promise<Settled> {
    const { outcome, settledMs, expiresMs, replacesFailure = false } = settlement;
    const set = ["#status = :status", "#settledAt = :settledAt", "#expiresAt = :expiresAt"];
    const values: Item = {
      ":pending": "pending",
      ":status": outcome.status,
      ":settledAt": settledMs,
      ":expiresAt": expirySeconds(expiresMs),
    };
    if (replacesFailure) values[":failed"] = "failed";
    const text = textOf(outcome);
    if (text !== undefined) {
      set.push(outcome.status === "succeeded" ? "#result = :text" : "#error = :text");
      values[":text"] = text;
    }
    const replaced = replacesFailure && outcome.status === "succeeded" ? " REMOVE #error" : "";
    const written = await this.table.update(callKey(callId), {
      UpdateExpression: `SET ${set.join(", ")}${replaced}`,
      ConditionExpression: replacesFailure ? `${PENDING} OR ${FAILED}` : PENDING,
      ExpressionAttributeValues: values,
    });
    if (written.ok) return "settled";
    if (written.current === undefined) return "unknown";
    const stored = callOfItem(written.current).outcome;
    return stored?.status === outcome.status && textOf(stored) === text ? "settled" : "already";
  }

  async read(callId: string): Promise<TrackedCall | undefined> {
    const item = await this.table.get(callKey(callId), { consistent: true });
    return item === undefined ? undefined : callOfItem(item);
  }
}

function callKey(callId: string): Item {
  return { pk: callId };
}

function textOf(outcome: Outcome): string | undefined {
  return outcome.status === "succeeded" ? outcome.result : outcome.error;
}
