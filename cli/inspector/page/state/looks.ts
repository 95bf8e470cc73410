/** What somebody saw of an actor when they last looked at it: what is different since then stands out. */
import { type Changes, changesBetween, countChanges, NO_CHANGES } from "../values/changes";
import type { Json } from "../values/json";

interface Look {
  readonly version: number;
  readonly state: Json;
}

/** What is shown of an actor's changes. */
export interface Since {
  readonly changes: Changes;
  /** The version that they are counted from. */
  readonly fromVersion: number;
  readonly toVersion: number;
}

/** States are large: only those looked at last are kept. */
const MOST_LOOKS = 30;

const looks = new Map<string, Look>();

/** Notes that it is seen now, and says what is new; undefined when nothing is. */
export function look(key: string, version: number, state: Json | undefined): Since | undefined {
  const before = looks.get(key);
  looks.delete(key);
  if (state === undefined) return undefined;
  looks.set(key, { version, state });
  if (looks.size > MOST_LOOKS) looks.delete(looks.keys().next().value as string);
  if (before === undefined || before.version === version) return undefined;
  const changes = changesBetween(before.state, state);
  return countChanges(changes) === 0
    ? { changes: NO_CHANGES, fromVersion: before.version, toVersion: version }
    : { changes, fromVersion: before.version, toVersion: version };
}
