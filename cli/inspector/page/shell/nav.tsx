/** The way to everything. */
import { Icon, type IconName } from "../parts/icon";
import { hrefOf, type Route } from "../routing/route";
import { app, countDead, queues } from "../state/app";
import { useCell, useSelected } from "../state/cell";
import { formatCount } from "../values/format";

export function Nav({ route }: { readonly route: Route }) {
  const info = useCell(app);
  const dead = useSelected(queues, countDead);
  const type = route.page === "actors" || route.page === "actor" ? route.type : undefined;
  const types = info?.actors ?? [];
  const isCounted = types.length > 0 && types.every(({ count }) => count !== undefined);
  const all = isCounted ? types.reduce((sum, { count = 0 }) => sum + count, 0) : undefined;
  const isAtActors = route.page === "actors" || route.page === "actor";
  return (
    <nav class="nav" aria-label="Pages">
      <ul class="nav-pages">
        <Item
          to={{ page: "actors" }}
          icon="actors"
          name="Actors"
          isHere={isAtActors && type === undefined}
          isNear={isAtActors}
          count={all}
        />
        <Item to={{ page: "turns" }} icon="turns" name="Turns" isHere={route.page === "turns"} />
        <Item to={{ page: "events" }} icon="events" name="Events" isHere={route.page === "events"} />
        <Item
          to={{ page: "dead-letters" }}
          icon="letters"
          name="Dead letters"
          isHere={route.page === "dead-letters"}
          count={dead}
          isWarned
        />
      </ul>
      {types.length > 0 && (
        <>
          <h2 class="nav-title">Types</h2>
          <ul class="nav-types">
            {types.map(({ name, count }) => (
              <li key={name}>
                <a
                  href={hrefOf({ page: "actors", type: name })}
                  aria-current={type === name ? "page" : undefined}
                  title={name}
                >
                  <span class="cut">{name}</span>{" "}
                  {count !== undefined && <span class="nav-count">{formatCount(count)}</span>}
                </a>
              </li>
            ))}
          </ul>
        </>
      )}
      <p class="nav-foot">durable-lambda {info?.version}</p>
    </nav>
  );
}

interface ItemProps {
  readonly to: Route;
  readonly icon: IconName;
  readonly name: string;
  readonly isHere: boolean;
  /** Something below it is shown. */
  readonly isNear?: boolean;
  readonly count?: number | undefined;
  /** Any count is too many. */
  readonly isWarned?: boolean;
}

function Item({ to, icon, name, isHere, isNear = false, count, isWarned = false }: ItemProps) {
  const hasCount = count !== undefined && (!isWarned || count > 0);
  return (
    <li>
      <a href={hrefOf(to)} class={isNear ? "near" : ""} aria-current={isHere ? "page" : undefined}>
        <Icon name={icon} />
        <span class="cut">{name}</span>{" "}
        {hasCount && <span class={isWarned ? "nav-count warned" : "nav-count"}>{formatCount(count)}</span>}
      </a>
    </li>
  );
}
