/** After the last fault, nothing is left without somebody who will look at it: in bounded time, everything is done. */
import { HEAD_SORT_KEY } from "../../../lib/aws/dynamo-item";
import { isManifest } from "../../../lib/state/manifest";
import { QUEUES, TABLES } from "../cloud/names";
import type { World } from "../world";
import { PIECE_SORT_KEY } from "./ledger";

/** What is not done yet, in words; empty when all is. */
export function leftOver(world: World): readonly string[] {
  const { cloud, lambda, timeline } = world;
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
    if (sk !== HEAD_SORT_KEY) {
      if (String(sk).startsWith(PIECE_SORT_KEY) && isForgotten(world, String(pk), String(sk)))
        left.push(`${sk} of ${pk}`);
      continue;
    }
    if (outbox !== undefined) left.push(`effects of ${pk}: ${String(outbox).slice(0, 200)}`);
    if (reminders !== undefined) left.push(`reminders of ${pk}`);
    if (wakeAt !== undefined) left.push(`a wake of ${pk}`);
    if (leaseId !== undefined && Number(leaseUntil) > timeline.nowMs) left.push(`a lease of ${pk}`);
  }
  return left;
}

/**
 * True for a piece of a state that nobody will come upon: where the state is beside the head, whoever reads it does; and where the
 * head says that there may be pieces, whoever takes the lease. Nobody may ever ask for an actor that is destroyed.
 */
function isForgotten({ cloud, ledger }: World, pk: string, sk: string): boolean {
  const head = cloud.dynamodb.item(TABLES.state, { pk, sk: HEAD_SORT_KEY });
  const { state, pieces } = head ?? {};
  const isLookedFor = typeof state === "string" && (isManifest(state) || pieces === true);
  return !isLookedFor && !ledger.late.has(`${pk} ${sk}`);
}
