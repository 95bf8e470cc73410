/** What a view has asked the server for: loading, there, or failed; asked for again when the connection comes back. */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { useCell } from "../state/cell";
import { epoch } from "./connection";
import { type Problem, problemOf } from "./problem";

export interface Resource<T> {
  /** As it was when it was last loaded; also while it is loaded again. */
  readonly value: T | undefined;
  /** Of the newest attempt, if that failed. */
  readonly problem: Problem | undefined;
  readonly isLoading: boolean;
  /** It was loaded, be it that there is nothing. */
  readonly isLoaded: boolean;
  readonly loadedAtMs: number | undefined;
  reload(): void;
}

interface Loaded<T> {
  readonly key: string;
  readonly value: T | undefined;
  readonly problem: Problem | undefined;
  readonly loadedAtMs: number | undefined;
  readonly isLoading: boolean;
}

/** @param key names what is loaded: another key is another thing, and begins with nothing */
export function useResource<T>(key: string, load: (signal: AbortSignal) => Promise<T>): Resource<T> {
  const [state, setState] = useState<Loaded<T>>(() => nothing(key));
  const [round, setRound] = useState(0);
  const generation = useCell(epoch);
  const latest = useRef(load);
  latest.current = load;

  useEffect(() => {
    const abort = new AbortController();
    setState((before) => (before.key === key ? { ...before, isLoading: true } : nothing(key)));
    latest.current(abort.signal).then(
      (value) => {
        if (abort.signal.aborted) return;
        setState({ key, value, problem: undefined, loadedAtMs: Date.now(), isLoading: false });
      },
      (thrown: unknown) => {
        if (abort.signal.aborted) return;
        setState((before) => ({ ...before, problem: problemOf(thrown), isLoading: false }));
      },
    );
    return () => abort.abort();
  }, [key, round, generation]);

  const reload = useCallback(() => setRound((count) => count + 1), []);
  const { value, problem, isLoading, loadedAtMs } = state.key === key ? state : nothing<T>(key);
  return { value, problem, isLoading, isLoaded: loadedAtMs !== undefined, loadedAtMs, reload };
}

function nothing<T>(key: string): Loaded<T> {
  return { key, value: undefined, problem: undefined, loadedAtMs: undefined, isLoading: true };
}
