/** Keeps what is shown of an actor as it is on the server: loaded again after its turns, and while something is about to happen. */
import { useEffect, useRef } from "preact/hooks";
import type { ActorView } from "../../../api";
import type { Address } from "../../server/client";
import type { Resource } from "../../server/resource";
import { turns } from "../../state/app";
import { useSelected } from "../../state/cell";

/** Turns that come within this are looked at together. */
const TOGETHER_MS = 100;
/** While it has a lease, or is due to be woken. */
const WATCH_MS = 2_000;

/** @param isWatched it is asked for again and again while it is busy; on AWS that would cost something */
export function useFollowing(
  { type, id }: Address,
  actor: Resource<ActorView | undefined>,
  isWatched: boolean,
): void {
  const { value, isLoading, reload } = actor;
  const newest = useSelected(turns.entries, (entries) => {
    const turn = entries.findLast(
      ({ actor: ofType, actorId, outcome }) => ofType === type && actorId === id && outcome !== "read",
    );
    return turn?.position ?? -1;
  });
  const latest = useRef(newest);
  latest.current = newest;
  const loaded = useRef(newest);
  const timer = useRef<number | undefined>(undefined);

  useEffect(() => {
    // One that is being loaded is let end: a busy actor would otherwise never be shown.
    if (newest === loaded.current || isLoading || timer.current !== undefined) return;
    timer.current = window.setTimeout(() => {
      timer.current = undefined;
      loaded.current = latest.current;
      reload();
    }, TOGETHER_MS);
  });
  useEffect(
    () => () => {
      window.clearTimeout(timer.current);
      timer.current = undefined;
    },
    [],
  );

  useEffect(() => {
    if (!isWatched || value === undefined || isLoading || !isAboutToChange(value)) return;
    const watch = window.setTimeout(reload, WATCH_MS);
    return () => window.clearTimeout(watch);
  }, [value, isLoading, isWatched, reload]);
}

function isAboutToChange({ lease, wakeAtMs }: ActorView): boolean {
  const soonMs = Date.now() + WATCH_MS;
  return (lease !== undefined && lease.untilMs > Date.now()) || (wakeAtMs !== undefined && wakeAtMs < soonMs);
}
