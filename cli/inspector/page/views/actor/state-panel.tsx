/** An actor's state; what is different since somebody last looked stands out. */
import { useState } from "preact/hooks";
import type { ActorView } from "../../../api";
import { IconButton } from "../../parts/button";
import { Empty } from "../../parts/states";
import { forgetChanges, look, type Since } from "../../state/looks";
import { Inspected } from "../../tree/inspected";
import { countChanges, NO_CHANGES } from "../../values/changes";
import { plural } from "../../values/format";

export function StatePanel({ view }: { readonly view: ActorView }) {
  const { type, id, version, state } = view;
  const key = `${type}/${id}`;
  const [, redraw] = useState(0);
  const since = look(key, version, state);
  const dismiss = () => {
    forgetChanges(key);
    redraw((count) => count + 1);
  };
  if (state === undefined) {
    const isDamaged = view.unreadable.some(({ field }) => field === "state");
    return isDamaged ? (
      <Empty icon="warning" title="The state cannot be read">
        The reason is above.
      </Empty>
    ) : (
      <Empty icon="actors" title="No state">
        The actor was destroyed, or its first turn has not been committed yet. Its fence stays, so that nobody
        takes an old turn for a new one.
      </Empty>
    );
  }
  return (
    <Inspected
      value={state}
      label="State"
      root="this"
      changes={since?.changes ?? NO_CHANGES}
      changedAt={since?.toVersion ?? 0}
    >
      {since !== undefined && <SinceNote since={since} onDismiss={dismiss} />}
    </Inspected>
  );
}

function SinceNote({ since, onDismiss }: { readonly since: Since; readonly onDismiss: () => void }) {
  const { changes, fromVersion, toVersion } = since;
  const count = countChanges(changes);
  return (
    <p class="since" role="status">
      <span class="since-mark" aria-hidden="true" />
      {count === 0 ? "No field is different" : `${plural(count, "change")}`} since version {fromVersion}
      {toVersion - fromVersion > 1 && ` (${plural(toVersion - fromVersion, "commit")})`}
      {changes.removed > 0 && `, ${changes.removed} of them removed`}
      <IconButton icon="cross" label="Forget the changes" onClick={onDismiss} />
    </p>
  );
}
