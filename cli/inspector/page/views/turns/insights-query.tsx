/** Where the turns of a deployed app are: in its log, which CloudWatch searches. The queries of docs/observability.md. */
import { CopyButton } from "../../parts/button";
import { Empty } from "../../parts/states";

interface InsightsQueryProps {
  readonly type?: string;
  readonly id?: string;
}

export function InsightsQuery({ type, id }: InsightsQueryProps) {
  const query = queryFor(type, id);
  return (
    <Empty icon="turns" title="Turns are in the function’s log">
      <p>
        Every turn of a deployed app writes one line. Find them in the CloudWatch console, under Logs
        Insights, in the log group of the function:
      </p>
      <div class="code-box">
        <pre class="code">{query}</pre>
        <CopyButton text={() => query} label="Copy the query" />
      </div>
    </Empty>
  );
}

function queryFor(type: string | undefined, id: string | undefined): string {
  const ofActor = [
    ...(type === undefined ? [] : [`actor = ${quoted(type)} and `]),
    ...(id === undefined ? [] : [`actorId = ${quoted(id)} and `]),
  ].join("");
  const fields =
    id === undefined
      ? "@timestamp, actor, actorId, method, kind, callId, version, outcome, code, attempts, waitedMs, ranMs"
      : "@timestamp, method, kind, callId, version, outcome, code, attempts, waitedMs, ranMs";
  return [
    `fields ${fields}`,
    `| filter ${ofActor}ispresent(outcome)`,
    "| sort @timestamp desc",
    "| limit 100",
  ].join("\n");
}

function quoted(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}
