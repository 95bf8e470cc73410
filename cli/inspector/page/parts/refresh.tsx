/** Loads anew what the server does not tell of by itself, and says how old it is. */
import { useNow } from "../state/now";
import { formatRelative } from "../values/format";
import { Button } from "./button";

interface RefreshProps {
  readonly loadedAtMs: number | undefined;
  readonly isLoading: boolean;
  readonly onReload: () => void;
}

export function Refresh({ loadedAtMs, isLoading, onReload }: RefreshProps) {
  const nowMs = useNow(loadedAtMs !== undefined);
  return (
    <>
      {loadedAtMs !== undefined && (
        <span class="muted only-wide">loaded {formatRelative(loadedAtMs, nowMs)}</span>
      )}
      <Button icon="refresh" isBusy={isLoading} onClick={onReload} title="Load it again (r)">
        Refresh
      </Button>
    </>
  );
}
