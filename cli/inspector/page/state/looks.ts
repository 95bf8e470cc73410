/** What somebody saw of an actor when they last looked at it: what is different since then stands out, until they say that they saw it. */
import { type Changes, changesBetween } from "../values/changes";
import type { Json } from "../values/json";

/** What is shown of an actor's changes. */
export interface Since {
  readonly changes: Changes;
  /** The version that they are counted from. */
  readonly fromVersion: number;
  readonly toVersion: number;
}

interface Look {
  readonly version: number;
  readonly state: Json;
  readonly since: Since | undefined;
}

/** States are large: only those looked at last are kept. */
const MOST_LOOKS = 30;

/** By the actor's key. */
const looks = new Map<string, Look>();

/** Notes that it is seen now, and says what is new; undefined when nothing is. */
export function look(key: string, version: number, state: Json | undefined): Since | undefined {
  const before = looks.get(key);
  if (before?.version === version) return before.since;
  looks.delete(key);
  if (state === undefined) return undefined;
  const since =
    before === undefined
      ? undefined
      : { changes: changesBetween(before.state, state), fromVersion: before.version, toVersion: version };
  looks.set(key, { version, state, since });
  if (looks.size > MOST_LOOKS) looks.delete(looks.keys().next().value as string);
  return since;
}

/** What was new is known. */
export function forgetChanges(key: string): void {
  const seen = looks.get(key);
  if (seen !== undefined) looks.set(key, { ...seen, since: undefined });
}
