/** One actor: what is stored of it, what it did, and calls to it. */
import type { Turn, ActorView as View } from "../../../api";
import { useKeys } from "../../keyboard/keys";
import { Button } from "../../parts/button";
import { Empty, Failure, Loading, StaleNote } from "../../parts/states";
import { type Tab, Tabs } from "../../parts/tabs";
import { change, go } from "../../routing/location";
import { ACTOR_TABS, type ActorTab } from "../../routing/route";
import { server } from "../../server/client";
import { type Resource, useResource } from "../../server/resource";
import { app, isDeployed } from "../../state/app";
import { useCell } from "../../state/cell";
import { plural } from "../../values/format";
import { ActorHeader } from "./actor-header";
import { ActorTurns, useTurnsOf } from "./actor-turns";
import { CallPanel } from "./call/call-panel";
import { Facts } from "./facts";
import { focusCall } from "./focus-call";
import { useFollowing } from "./following";
import { Inbox } from "./inbox";
import { LatestTurns } from "./latest-turns";
import { Outbox } from "./outbox";
import { Reminders } from "./reminders";
import { StatePanel } from "./state-panel";
import { Warnings } from "./warnings";

interface ActorViewProps {
  readonly type: string;
  readonly id: string;
  readonly tab: ActorTab;
}

export function ActorView({ type, id, tab }: ActorViewProps) {
  const info = useCell(app);
  const isReadonly = isDeployed(info);
  const actor = useResource(`${type}/${id}`, (signal) => server.actor({ type, id }, signal));
  useFollowing({ type, id }, actor, !isReadonly);
  const turns = useTurnsOf(type, id);
  const choose = (chosen: ActorTab) => change({ page: "actor", type, id, tab: chosen });
  const toTab = (index: number) => choose(ACTOR_TABS[index] as ActorTab);
  useKeys({
    Escape: () => go({ page: "actors", type }),
    r: () => actor.reload(),
    c: () => focusCall(),
    ...Object.fromEntries(ACTOR_TABS.map((_, index) => [`${index + 1}`, () => toTab(index)])),
  });

  return (
    <div class="view">
      <div class="scroller actor">
        <ActorHeader type={type} id={id} actor={actor} isReadonly={isReadonly} />
        <div class="actor-columns">
          <div class="actor-main">
            <Stored type={type} id={id} tab={tab} onTab={choose} actor={actor} turns={turns} />
          </div>
          <aside class="actor-side" aria-label="Beside the state">
            <CallPanel type={type} id={id} isReadonly={isReadonly} />
            {tab !== "turns" && <LatestTurns type={type} id={id} turns={turns} />}
          </aside>
        </div>
      </div>
    </div>
  );
}

interface StoredProps extends ActorViewProps {
  readonly onTab: (tab: ActorTab) => void;
  readonly actor: Resource<View | undefined>;
  readonly turns: readonly Turn[];
}

function Stored({ type, id, tab, onTab, actor, turns }: StoredProps) {
  const { value: view, problem, isLoaded } = actor;
  if (!isLoaded && problem !== undefined) {
    return <Failure title="The actor could not be loaded" problem={problem} onRetry={actor.reload} />;
  }
  if (!isLoaded) return <Loading rows={10} label="Loading the actor" />;
  if (view === undefined) return <NobodyYet type={type} onReload={actor.reload} />;
  const tabs: readonly Tab<ActorTab>[] = [
    { name: "state", title: "State" },
    { name: "turns", title: "Turns", count: turns.length },
    { name: "reminders", title: "Reminders", count: view.reminders.length },
    { name: "outbox", title: "Outbox", count: view.outbox.length, isWarned: view.outbox.length > 0 },
    { name: "inbox", title: "Inbox", count: view.applied.length },
  ];
  return (
    <>
      {problem !== undefined && <StaleNote problem={problem} onRetry={actor.reload} />}
      <Warnings view={view} />
      <Facts view={view} />
      <Tabs label="Parts of the actor" tabs={tabs} chosen={tab} onChoose={onTab}>
        {tab === "state" && <StatePanel view={view} />}
        {tab === "turns" && <ActorTurns type={type} id={id} turns={turns} />}
        {tab === "reminders" && <Reminders reminders={view.reminders} />}
        {tab === "outbox" && <Outbox effects={view.outbox} />}
        {tab === "inbox" && <Inbox applied={view.applied} hasOlder={view.hasOlderCalls} />}
      </Tabs>
      <p class="sr-only" role="status">
        Version {view.version}, {plural(view.reminders.length, "reminder")}
      </p>
    </>
  );
}

function NobodyYet({ type, onReload }: { readonly type: string; readonly onReload: () => void }) {
  const info = useCell(app);
  return (
    <Empty
      icon="actors"
      title="Nobody has touched this actor yet"
      actions={
        <>
          <Button icon="back" onClick={() => go({ page: "actors", type })}>
            All of {type}
          </Button>
          <Button icon="refresh" onClick={onReload}>
            Look again
          </Button>
        </>
      }
    >
      {isDeployed(info)
        ? "Nothing is stored under this id."
        : "Its first call makes it. Choose a method and run it."}
    </Empty>
  );
}
