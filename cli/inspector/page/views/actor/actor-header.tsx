/** Which actor it is. */
import type { ActorView } from "../../../api";
import { Badge } from "../../parts/badge";
import { Button, CopyButton } from "../../parts/button";
import { Icon } from "../../parts/icon";
import { hrefOf } from "../../routing/route";
import { app } from "../../state/app";
import { useSelected } from "../../state/cell";
import { useNow } from "../../state/now";
import { formatCount } from "../../values/format";
import { focusCall } from "./actor-view";

interface ActorHeaderProps {
  readonly type: string;
  readonly id: string;
  readonly view: ActorView | undefined;
}

export function ActorHeader({ type, id, view }: ActorHeaderProps) {
  const canCall = useSelected(app, (info) => info?.mode === "dev");
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
        {canCall && (
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
