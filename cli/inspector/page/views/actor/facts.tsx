/** What is known of an actor besides its state, at a glance. */
import type { ComponentChildren } from "preact";
import type { ActorView } from "../../../api";
import { useNow } from "../../state/now";
import { formatBytes, formatCount, formatMoment, formatRelative, formatSpan } from "../../values/format";

export function Facts({ view }: { readonly view: ActorView }) {
  const { version, fence, usedAtMs, expiresAtMs, wakeAtMs, stateBytes, schema, isLarge } = view;
  return (
    <dl class="facts">
      <Fact name="Version" note="Commits so far">
        {formatCount(version)}
      </Fact>
      <Fact name="Fence" note="Leases so far">
        {formatCount(fence)}
      </Fact>
      <Fact name="Lease">
        <Lease view={view} />
      </Fact>
      <Fact name="Wakes" note="When somebody must look at it: a reminder, or effects that are not delivered">
        <Moment atMs={wakeAtMs} none="not by itself" />
      </Fact>
      {usedAtMs !== undefined && (
        <Fact name="Last used">
          <Moment atMs={usedAtMs} none="" />
        </Fact>
      )}
      {expiresAtMs !== undefined && (
        <Fact name="Expires" note="Unless somebody uses it before">
          <Moment atMs={expiresAtMs} none="" />
        </Fact>
      )}
      <Fact name="State" note={isLarge ? "In parts beside the head" : "In the head"}>
        {view.state === undefined ? "none" : formatBytes(stateBytes)}
        {isLarge && <small> in parts</small>}
        {view.state !== undefined && schema !== undefined && <small> schema {schema}</small>}
      </Fact>
    </dl>
  );
}

interface FactProps {
  readonly name: string;
  readonly note?: string;
  readonly children: ComponentChildren;
}

function Fact({ name, note, children }: FactProps) {
  return (
    <div class="fact" title={note}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Moment({ atMs, none }: { readonly atMs: number | undefined; readonly none: string }) {
  const nowMs = useNow(atMs !== undefined);
  if (atMs === undefined) return <span class="faint">{none}</span>;
  return <span title={formatMoment(atMs)}>{formatRelative(atMs, nowMs)}</span>;
}

function Lease({ view: { lease } }: { readonly view: ActorView }) {
  const nowMs = useNow(lease !== undefined);
  if (lease === undefined) return <span class="faint">free</span>;
  const leftMs = lease.untilMs - nowMs;
  return (
    <span title={`${lease.id}, until ${formatMoment(lease.untilMs)}`}>
      {leftMs > 0 ? `held, ${formatSpan(leftMs)} left` : <>lapsed {formatRelative(lease.untilMs, nowMs)}</>}
    </span>
  );
}
