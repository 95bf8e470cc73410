/** An actor in the list: a link to it. */

import { useRef } from "preact/hooks";
import type { ActorSummary } from "../../../api";
import { Badge } from "../../parts/badge";
import { Highlighted } from "../../parts/highlighted";
import { hrefOf } from "../../routing/route";
import { useNow } from "../../state/now";
import { formatCount, formatRelative, formatSpan } from "../../values/format";

interface ActorRowProps {
  readonly actor: ActorSummary;
  readonly hasType: boolean;
  readonly isActive: boolean;
  readonly query: string;
}

export function ActorRow({ actor, hasType, isActive, query }: ActorRowProps) {
  const { type, id, version } = actor;
  const first = useRef(version);
  return (
    <a
      class={hasType ? "row actors-grid with-type" : "row actors-grid"}
      href={hrefOf({ page: "actor", type, id })}
      data-row
      tabIndex={isActive ? 0 : -1}
      aria-label={`${type} ${id}`}
    >
      {hasType && <span class="type">{type}</span>}
      <span class="id" title={id}>
        <Highlighted text={id} query={query} />
      </span>
      <Status actor={actor} />
      <span class={version === first.current ? "version" : "version changed"} key={version}>
        v{formatCount(version)}
      </span>
    </a>
  );
}

/** A hint is late when nobody has come by then: the sweep looks once a minute. */
const LATE_MS = 90_000;

function Status({ actor }: { readonly actor: ActorSummary }) {
  const { leaseUntilMs, wakeAtMs } = actor;
  const nowMs = useNow(leaseUntilMs !== undefined || wakeAtMs !== undefined);
  return (
    <span class="badges">
      {leaseUntilMs !== undefined && leaseUntilMs > nowMs && (
        <Badge
          tone="accent"
          isPulsing
          title={`Somebody holds its lease, for ${formatSpan(leaseUntilMs - nowMs)} at most`}
        >
          busy
        </Badge>
      )}
      {leaseUntilMs !== undefined && leaseUntilMs <= nowMs && (
        <Badge title="Its last lease was not given back: the process ended before it could">
          lease lapsed
        </Badge>
      )}
      {wakeAtMs !== undefined && (
        <Badge
          icon="clock"
          tone={wakeAtMs < nowMs - LATE_MS ? "warn" : "info"}
          title="When somebody must look at it: a reminder, or effects that are not delivered"
        >
          {wakeAtMs > nowMs ? `wakes ${formatRelative(wakeAtMs, nowMs)}` : "wake is due"}
        </Badge>
      )}
    </span>
  );
}
