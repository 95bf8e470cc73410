/** What came of a call. */
import { Badge } from "../../../parts/badge";
import { CopyButton } from "../../../parts/button";
import { Icon } from "../../../parts/icon";
import { ScrollableText } from "../../../parts/scrollable-text";
import type { CallReply } from "../../../server/client";
import type { Problem } from "../../../server/problem";
import type { CallRecord } from "../../../state/calls";
import { Tree } from "../../../tree/tree";
import { formatDuration } from "../../../values/format";
import { parsedOr } from "../../../values/parsed";

export function CallResult({ call }: { readonly call: CallRecord }) {
  const { method, mode, tookMs, reply, problem } = call;
  return (
    <section
      class={`call-result ${problem === undefined ? "good" : "bad"}`}
      aria-label="Result"
      role="status"
    >
      <header>
        <Icon name={problem === undefined ? "check" : "cross"} />
        <h3>
          {problem === undefined ? (mode === "call" ? "Result" : "Queued") : "Failed"} <code>{method}()</code>
        </h3>
        <span class="spring" />
        {reply?.version !== undefined && <span class="muted">v{reply.version}</span>}
        <span class="muted">{formatDuration(Math.round(tookMs))}</span>
      </header>
      {reply !== undefined && <Reply reply={reply} mode={mode} />}
      {problem !== undefined && <Refusal problem={problem} />}
    </section>
  );
}

function Reply({ reply, mode }: { readonly reply: CallReply; readonly mode: CallRecord["mode"] }) {
  const { result, callId } = reply;
  if (mode !== "call") {
    return (
      <p class="queued">
        {mode === "send"
          ? "It will have its effect exactly once. "
          : "Its result can be asked for by its call id. "}
        {callId !== undefined && (
          <span class="nowrap">
            <code>{callId}</code>
            <CopyButton text={() => callId} label="Copy the call id" />
          </span>
        )}
      </p>
    );
  }
  return <Tree value={result === undefined ? parsedOr(undefined) : result} label="Result" root="result" />;
}

function Refusal({ problem }: { readonly problem: Problem }) {
  const { code, message, retryable, details, errorName, errorStack } = problem;
  return (
    <>
      <p class="error-text">
        <code>{errorName ?? code}</code> {message}
      </p>
      <p class="badges">
        {errorName !== undefined && errorName !== code && <Badge>{code}</Badge>}
        <Badge tone={retryable ? "info" : "plain"}>{retryable ? "retryable" : "not retryable"}</Badge>
        {errorName !== undefined && <Badge>the method’s own error</Badge>}
      </p>
      {details !== undefined && (
        <>
          <h4 class="detail-title">Details</h4>
          <Tree value={details} label="Details" root="error.details" />
        </>
      )}
      {errorStack !== undefined && <ScrollableText label="Stack" text={errorStack} />}
    </>
  );
}
