/** After the last fault, nothing is left without somebody who will look at it: in bounded time, everything is done. */
import { HEAD_SORT_KEY } from "../../../lib/aws/dynamo-item";
import { QUEUES, TABLES } from "../cloud/names";
import type { World } from "../world";

/** What is not done yet, in words; empty when all is. */
export function leftOver({ cloud, lambda, timeline }: World): readonly string[] {
  const left: string[] = [];
  if (!lambda.isQuiet) left.push("the function works");
  for (const [name, url] of Object.entries(QUEUES)) {
    const messages = [...cloud.sqs.messages(url)];
    if (messages.length > 0)
      left.push(`${messages.length} ${name}, such as ${messages[0]?.body.slice(0, 200)}`);
  }
  for (const { pk, sk, outbox, reminders, wakeAt, leaseId, leaseUntil } of cloud.dynamodb.items(
    TABLES.state,
  )) {
    if (sk !== HEAD_SORT_KEY) continue;
    if (outbox !== undefined) left.push(`effects of ${pk}: ${String(outbox).slice(0, 200)}`);
    if (reminders !== undefined) left.push(`reminders of ${pk}`);
    if (wakeAt !== undefined) left.push(`a wake of ${pk}`);
    if (leaseId !== undefined && Number(leaseUntil) > timeline.nowMs) left.push(`a lease of ${pk}`);
  }
  return left;
}
