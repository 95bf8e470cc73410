/** The page: what is around every view, and the view. */
import { useEffect, useRef, useState } from "preact/hooks";
import { useKeys } from "./keyboard/keys";
import { Empty } from "./parts/states";
import { go, route as place } from "./routing/location";
import { hrefOf, type Route } from "./routing/route";
import { GoneBanner } from "./shell/gone-banner";
import { Help } from "./shell/help";
import { Nav } from "./shell/nav";
import { Toasts } from "./shell/toasts";
import { TopBar } from "./shell/top-bar";
import { app } from "./state/app";
import { useCell } from "./state/cell";
import { ActorView } from "./views/actor/actor-view";
import { ActorsView } from "./views/actors/actors-view";
import { DeadLettersView } from "./views/dead-letters/dead-letters-view";
import { EventsView } from "./views/events/events-view";
import { TurnsView } from "./views/turns/turns-view";

export function App() {
  const route = useCell(place);
  const [hasHelp, setHelp] = useState(false);
  const main = useRef<HTMLElement>(null);
  useTitle(route);
  useFocusOnArrival(route, main);
  useKeys({
    "g a": () => go({ page: "actors" }),
    "g t": () => go({ page: "turns" }),
    "g e": () => go({ page: "events" }),
    "g d": () => go({ page: "dead-letters" }),
    "?": () => setHelp(true),
    Escape: () => route.page === "actors" && route.type !== undefined && go({ page: "actors" }),
  });
  return (
    <div class="page">
      <button type="button" class="skip" onClick={() => main.current?.focus()}>
        To the content
      </button>
      <TopBar onHelp={() => setHelp(true)} />
      <Nav route={route} />
      <main ref={main} id="main" class="main" tabIndex={-1}>
        <GoneBanner />
        <View route={route} />
      </main>
      <Toasts />
      {hasHelp && <Help onClose={() => setHelp(false)} />}
    </div>
  );
}

function View({ route }: { readonly route: Route }) {
  switch (route.page) {
    case "actors":
      return <ActorsView key={route.type ?? ""} type={route.type} search={route.search ?? ""} />;
    case "actor": {
      const { type, id, tab = "state" } = route;
      return <ActorView key={`${type}/${id}`} type={type} id={id} tab={tab} />;
    }
    case "turns":
      return <TurnsView filter={route} />;
    case "events":
      return <EventsView />;
    case "dead-letters":
      return <DeadLettersView type={route.type} />;
    case "nowhere":
      return (
        <div class="view">
          <Empty
            icon="search"
            title="There is no such page"
            actions={<a href={hrefOf({ page: "actors" })}>To the actors</a>}
          >
            <code>{route.hash}</code>
          </Empty>
        </div>
      );
  }
}

function titleOf(route: Route): string {
  switch (route.page) {
    case "actors":
      return route.type ?? "Actors";
    case "actor":
      return `${route.id} · ${route.type}`;
    case "turns":
      return "Turns";
    case "events":
      return "Events";
    case "dead-letters":
      return "Dead letters";
    case "nowhere":
      return "Nowhere";
  }
}

function useTitle(route: Route): void {
  const info = useCell(app);
  const title = `${titleOf(route)} · ${info?.name ?? "durable-lambda"}`;
  useEffect(() => {
    document.title = title;
  }, [title]);
}

/** Whoever cannot see the page hears where they are: another view begins at its heading. */
function useFocusOnArrival(route: Route, main: { readonly current: HTMLElement | null }): void {
  const page = placeOf(route);
  const before = useRef(page);
  useEffect(() => {
    if (before.current === page) return;
    before.current = page;
    main.current?.querySelector<HTMLElement>("h1")?.focus({ preventScroll: true });
  }, [page, main]);
}

/** The same while only what is shown of it changes. */
function placeOf(route: Route): string {
  if (route.page === "actor") return hrefOf({ page: "actor", type: route.type, id: route.id });
  return route.page === "actors"
    ? hrefOf({ page: "actors", ...(route.type && { type: route.type }) })
    : route.page;
}
