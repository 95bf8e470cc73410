/**
 * What the development server and the process with the app's code say to each other, as messages of Node's own channel. One process
 * runs one build; it loads first, so that code that cannot be loaded never takes the place of code that runs.
 *
 *     server   load ─────────► run ────────────► stop
 *     process       loaded │ failed    running │ failed      turn, turn, …
 */
import type { RouterOutline } from "../../lib/outline";
import type { BuildProblem, Turn } from "../inspector/api";

export type ToWorker =
  | {
      readonly kind: "load";
      /** The build's file. */
      readonly bundle: string;
      /** What the project calls it. */
      readonly entry: string;
    }
  | {
      readonly kind: "run";
      /** The SQLite file. */
      readonly file: string;
      /** Lets the server's own requests past the app's `authorize`. */
      readonly pass: string;
    }
  | { readonly kind: "stop" };

export type FromWorker =
  | { readonly kind: "loaded"; readonly actors: RouterOutline }
  | { readonly kind: "failed"; readonly problem: BuildProblem; readonly stack?: string }
  | { readonly kind: "running"; readonly url: string }
  | { readonly kind: "turn"; readonly turn: Omit<Turn, "position"> };

/** The header that carries {@link ToWorker} `run`'s pass. */
export const PASS_HEADER = "x-durable-pass";
