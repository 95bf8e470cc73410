/** Which actor it is. */
import type { ActorView } from "../../../api";
import { Badge } from "../../parts/badge";
import { Button, CopyButton } from "../../parts/button";
import { Icon } from "../../parts/icon";
import { Refresh } from "../../parts/refresh";
import { hrefOf } from "../../routing/route";
import type { Resource } from "../../server/resource";
import { useNow } from "../../state/now";
import { formatCount } from "../../values/format";
import { focusCall } from "./focus-call";

interface ActorHeaderProps {
  readonly type: string;
  readonly id: string;
  readonly actor: Resource<ActorView | undefined>;
  readonly isReadonly: boolean;
}

export function ActorHeader({ type, id, actor, isReadonly }: ActorHeaderProps) {
  const { value: view, loadedAtMs, isLoading, reload } = actor;
  return (
    <header class="view-header actor-header">
      <nav class="crumbs" aria-label="Where this is">
        <a href={hrefOf({ page: "actors" })}>Actors</a>
        <Icon name="chevron" />
        <a href={hrefOf({ page: "actors", type })}>{type}</a>
      </nav>
      <div class="title-line">
        <h1 tabIndex={-1} class="mono actor-id" aria-label={`${type} ${id}`}>
          {id}
        </h1>
        <CopyButton text={() => id} label="Copy the id" />
        {view !== undefined && <Badge>v{formatCount(view.version)}</Badge>}
        <Busy view={view} />
        <span class="spring" />
        {isReadonly ? (
          <Refresh loadedAtMs={loadedAtMs} isLoading={isLoading} onReload={reload} />
        ) : (
          <span class="only-narrow">
            <Button icon="run" onClick={() => void focusCall()}>
              Call
            </Button>
          </span>
        )}
      </div>
    </header>
  );
}

function Busy({ view }: { readonly view: ActorView | undefined }) {
  const lease = view?.lease;
  const nowMs = useNow(lease !== undefined);
  if (view !== undefined && view.state === undefined && view.unreadable.length === 0)
    return <Badge tone="warn">no state</Badge>;
  if (lease === undefined || lease.untilMs <= nowMs) return null;
  return (
    <Badge tone="accent" isPulsing>
      busy
    </Badge>
  );
}
