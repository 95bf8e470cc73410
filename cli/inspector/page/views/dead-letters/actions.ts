/** What can be done with dead letters, and what is told of it. */
import type { DeadLetterFilter } from "../../../api";
import { server } from "../../server/client";
import { problemOf } from "../../server/problem";
import { tell } from "../../state/toasts";
import { plural } from "../../values/format";

/** Some letters, and what they are called: "the letter of Order/o-17", "all 3 letters of Order/o-17". */
export interface Letters {
  readonly filter: DeadLetterFilter;
  readonly count: number;
  readonly name: string;
}

export async function redrive({ filter, name }: Letters): Promise<void> {
  try {
    const count = await server.redrive(filter);
    if (count === 0) tell("plain", "None was sent back", `${name} is no longer there, or is no message.`);
    else tell("good", `${plural(count, "letter")} sent back`, "What each has led to stands among the turns.");
  } catch (thrown) {
    const { code, message } = problemOf(thrown);
    tell("bad", `Could not send back ${name}`, `${code}: ${message}`);
  }
}

export async function discard({ filter, name }: Letters): Promise<void> {
  try {
    const count = await server.discard(filter);
    if (count === 0) tell("plain", "None was discarded", `${name} is no longer there.`);
    else tell("good", `${plural(count, "letter")} discarded`);
  } catch (thrown) {
    const { code, message } = problemOf(thrown);
    tell("bad", `Could not discard ${name}`, `${code}: ${message}`);
  }
}
