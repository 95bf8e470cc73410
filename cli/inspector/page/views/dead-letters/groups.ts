/** Dead letters by the actor that they are for: what is wrong is mostly wrong for all letters of an actor. */
import type { DeadLetter } from "../../../api";
import type { Address } from "../../server/client";

export interface Group {
  readonly key: string;
  /** Absent for what is no message of this package: it names no actor. */
  readonly address?: Address;
  readonly letters: readonly DeadLetter[];
}

/** In the order of each group's first letter. */
export function groupsOf(letters: readonly DeadLetter[]): readonly Group[] {
  const byActor = Map.groupBy(letters, ({ actor, id }) =>
    actor === undefined || id === undefined ? "" : `${actor}/${id}`,
  );
  return [...byActor].map(([key, ofActor]) => {
    const { actor, id } = ofActor[0] as DeadLetter;
    const address = actor === undefined || id === undefined ? {} : { address: { type: actor, id } };
    return { key, ...address, letters: ofActor };
  });
}
