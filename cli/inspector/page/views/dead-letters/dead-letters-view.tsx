/** Dead letters: what could not be processed, why, and what to do about it. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { DeadLetter } from "../../../api";
import { useKeys } from "../../keyboard/keys";
import { useListKeys } from "../../keyboard/list-keys";
import { Button } from "../../parts/button";
import { Select } from "../../parts/fields";
import { Icon } from "../../parts/icon";
import { Refresh } from "../../parts/refresh";
import { Empty, Failure, Loading, StaleNote } from "../../parts/states";
import { change } from "../../routing/location";
import { server } from "../../server/client";
import { useResource } from "../../server/resource";
import { app, countDead, isDeployed, queues } from "../../state/app";
import { useCell, useSelected } from "../../state/cell";
import { formatCount } from "../../values/format";
import { discard, type Letters, redrive } from "./actions";
import { Confirm } from "./confirm";
import { groupsOf } from "./groups";
import { LetterGroup } from "./letter-group";

const FIRST_LISTED = 100;
const MOST_LISTED = 1_000;

export function DeadLettersView({ type }: { readonly type: string | undefined }) {
  const info = useCell(app);
  const isReadonly = isDeployed(info);
  const count = useSelected(queues, countDead);
  const [limit, setLimit] = useState(FIRST_LISTED);
  const [asked, setAsked] = useState<Letters>();
  const list = useRef<HTMLDivElement>(null);
  useListKeys(list);
  const listed = useResource(`dead letters ${type ?? ""} ${limit}`, (signal) =>
    server.letters({ ...(type === undefined ? {} : { actor: type }), limit }, signal),
  );
  const { value: letters, reload, isLoading } = listed;
  useKeys({ r: () => reload() });
  useReloadOn(count, isReadonly, reload);
  const groups = useMemo(() => groupsOf(letters ?? []), [letters]);
  const types = [
    ...new Set([...(info?.actors ?? []).map(({ name }) => name), ...(type === undefined ? [] : [type])]),
  ];
  const act = async (action: (letters: Letters) => Promise<void>, on: Letters) => {
    await action(on);
    reload();
    // What had the focus is gone: who walks by keyboard begins at the top, where j leads on.
    document.querySelector<HTMLElement>("h1")?.focus();
  };

  return (
    <div class="view">
      <header class="view-header">
        <div class="title-line">
          <h1 tabIndex={-1}>Dead letters</h1>
          {count !== undefined && <span class="title-count">{formatCount(count)}</span>}
          <span class="spring" />
          <Refresh loadedAtMs={listed.loadedAtMs} isLoading={isLoading} onReload={reload} />
        </div>
        <div class="toolbar">
          <Select
            label="Type"
            value={type ?? ""}
            options={[
              { value: "", text: "All types" },
              ...types.map((name) => ({ value: name, text: name })),
            ]}
            onChange={(name) => change({ page: "dead-letters", ...(name === "" ? {} : { type: name }) })}
          />
          {isReadonly && (
            <p class="toolbar-note">
              <Icon name="lock" />
              <span>
                Of a deployed app they are only looked at. Redrive them with{" "}
                <code>npx durable-lambda dead</code>.
              </span>
            </p>
          )}
        </div>
      </header>
      <div class="scroller" ref={list}>
        {listed.problem !== undefined && letters !== undefined && (
          <StaleNote problem={listed.problem} onRetry={reload} />
        )}
        {groups.length === 0 ? (
          <Instead listed={listed} type={type} />
        ) : (
          groups.map((group) => (
            <LetterGroup
              key={group.key}
              group={group}
              isReadonly={isReadonly}
              onRedrive={(on) => act(redrive, on)}
              onDiscard={setAsked}
            />
          ))
        )}
        {letters !== undefined && letters.length >= limit && limit < MOST_LISTED && (
          <p class="list-end">
            <Button isSmall isBusy={isLoading} onClick={() => setLimit(Math.min(MOST_LISTED, limit * 3))}>
              Show more
            </Button>
          </p>
        )}
      </div>
      {asked !== undefined && (
        <Confirm
          letters={asked}
          onClose={() => setAsked(undefined)}
          onDiscard={async () => {
            setAsked(undefined);
            await act(discard, asked);
          }}
        />
      )}
    </div>
  );
}

interface InsteadProps {
  readonly listed: ReturnType<typeof useResource<readonly DeadLetter[]>>;
  readonly type: string | undefined;
}

function Instead({ listed, type }: InsteadProps) {
  const { problem, isLoaded, reload } = listed;
  if (!isLoaded && problem !== undefined) {
    return <Failure title="The dead letters could not be loaded" problem={problem} onRetry={reload} />;
  }
  if (!isLoaded) return <Loading rows={5} label="Loading the dead letters" />;
  return (
    <Empty icon="check" title={type === undefined ? "No dead letters" : `No dead letters of ${type}`}>
      A message whose method fails again and again comes here with its reason, so that those behind it go on.
    </Empty>
  );
}

/** When there are more or fewer, they are listed anew; not on AWS, where each look hides them from others for a moment. */
function useReloadOn(count: number | undefined, isReadonly: boolean, reload: () => void): void {
  const seen = useRef(count);
  useEffect(() => {
    const before = seen.current;
    seen.current = count;
    if (before !== undefined && before !== count && !isReadonly) reload();
  }, [count, isReadonly, reload]);
}
