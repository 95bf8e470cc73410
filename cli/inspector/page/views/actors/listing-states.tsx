/** What stands in the place of a list of actors, and behind its end. */
import { Button } from "../../parts/button";
import { Empty, Failure, Loading } from "../../parts/states";
import { app } from "../../state/app";
import { useCell } from "../../state/cell";
import { plural } from "../../values/format";
import type { Listing } from "./listing";

interface InsteadProps {
  readonly listing: Listing;
  readonly onNew: () => void;
  readonly onClear: () => void;
}

export function ListingInstead({ listing, onNew, onClear }: InsteadProps) {
  const { state, problem } = useCell(listing.listed);
  const info = useCell(app);
  const { type, text } = listing.search;
  const isDev = info?.mode === "dev";
  const of = type === undefined ? "" : ` of ${type}`;
  if (state === "loading") return <Loading rows={12} label="Loading the actors" />;
  if (state === "failed" && problem !== undefined) {
    return (
      <Failure title="The actors could not be loaded" problem={problem} onRetry={() => listing.reload()} />
    );
  }
  if (state === "stopped") {
    return (
      <Empty
        icon="search"
        title="Nothing yet"
        actions={
          <Button kind="primary" onClick={() => listing.more()}>
            Look further
          </Button>
        }
      >
        Many pages of the table were looked at, and none had an actor{of}
        {text === "" ? "" : ` with “${text}” in its id`}. There are more.
      </Empty>
    );
  }
  if (text !== "") {
    return (
      <Empty
        icon="search"
        title={`No actor${of} has “${text}” in its id`}
        actions={
          <>
            <Button onClick={onClear}>Clear the search</Button>
            {isDev && (
              <Button icon="plus" onClick={onNew}>
                New actor “{text}”
              </Button>
            )}
          </>
        }
      >
        The search tells small letters from capital ones.
      </Empty>
    );
  }
  return (
    <Empty
      icon="actors"
      title={`No actors${of} yet`}
      actions={
        isDev &&
        info.actors.length > 0 && (
          <Button kind="primary" icon="plus" onClick={onNew}>
            New actor
          </Button>
        )
      }
    >
      {type !== undefined || info?.actors.length !== 0 ? (
        <>An actor is there once it has been called. Call one from here, or by its client:</>
      ) : (
        <>The app has no actors: its entry exports no router with an actor in it.</>
      )}
      {exampleOf(info?.actors ?? [], type) !== undefined && (
        <pre class="code">{exampleOf(info?.actors ?? [], type)}</pre>
      )}
    </Empty>
  );
}

function exampleOf(
  types: readonly { readonly name: string; readonly methods: readonly { readonly name: string }[] }[],
  type: string | undefined,
): string | undefined {
  const found = types.find(({ name }) => type === undefined || name === type);
  if (found === undefined) return undefined;
  return `await client.actor(${found.name}).get("my-id").${found.methods[0]?.name ?? "method"}();`;
}

export function ListingEnd({ listing }: { readonly listing: Listing }) {
  const { actors, state, problem } = useCell(listing.listed);
  if (state === "failed" && problem !== undefined) {
    return <Failure title="No more could be loaded" problem={problem} onRetry={() => listing.more()} />;
  }
  if (state === "complete") {
    return <p class="list-end">That is all: {plural(actors.length, "actor")}</p>;
  }
  return (
    <div class="list-end">
      <Button isSmall isBusy={state === "loading"} onClick={() => listing.more()}>
        {state === "loading" ? "Loading …" : state === "stopped" ? "Look further" : "Load more"}
      </Button>
    </div>
  );
}
