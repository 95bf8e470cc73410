/** How somebody is told what is under way: by a spinner in a terminal, by lines anywhere else. */
import type { Output } from "../output/output";
import type { Clack } from "./clack";

export interface Progress {
  done(what: string): void;
  /** Resolves as the work does. */
  during(what: string, work: Promise<void>): Promise<void>;
}

export function lines(output: Output): Progress {
  return {
    done: (what) => output.note(what),
    async during(what, work) {
      output.note(`${what} …`);
      await work;
    },
  };
}

export function inTerminal({ log, spinner }: Pick<Clack, "log" | "spinner">): Progress {
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
