/** How somebody is told which steps are done and which is under way: with a spinner in a terminal, in lines anywhere else. */
import type { Output } from "../output/output";
import type { Clack } from "./clack";

export interface Steps {
  done(what: string): void;
  /** Resolves as the work does. */
  during(what: string, work: Promise<void>): Promise<void>;
}

export function lines(output: Output): Steps {
  return {
    done: (what) => output.note(what),
    async during(what, work) {
      output.note(`${what} …`);
      await work;
    },
  };
}

export function inTerminal({ log, spinner }: Pick<Clack, "log" | "spinner">): Steps {
  return {
    done: (what) => log.step(what),
    async during(what, work) {
      const spinning = spinner({ indicator: "timer" });
      spinning.start(what);
      try {
        await work;
        spinning.stop(what);
      } catch (thrown) {
        spinning.error(what);
        throw thrown;
      }
    },
  };
}
