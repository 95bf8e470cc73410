/** What the turns of the workload do: small programs, made by chance and carried in the calls themselves. */

export interface Program {
  /** Names the piece of work: however often it is tried, it is to have one effect. */
  readonly op: string;
  readonly steps: readonly Step[];
}

export type Step =
  /** Changes the balance; `take` fails when there is not enough, `spend` then does nothing. */
  | { readonly do: "add" | "take" | "spend"; readonly amount: number }
  | {
      readonly do: "send" | "start";
      readonly to: string;
      readonly steps: readonly Step[];
      readonly delayMs?: number;
    }
  | { readonly do: "emit"; readonly to: string; readonly steps: readonly Step[] }
  | { readonly do: "call"; readonly to: string; readonly steps: readonly Step[] }
  | {
      readonly do: "remind";
      readonly name: string;
      readonly inMs: number;
      readonly steps: readonly Step[];
      /** Comes again so often in all, each time after `inMs`. */
      readonly times?: number;
    }
  | { readonly do: "forget"; readonly name: string }
  | { readonly do: "save" }
  | { readonly do: "wait"; readonly ms: number }
  /** Keeps the process from doing anything else, and from renewing its lease. */
  | { readonly do: "hog"; readonly ms: number }
  /** Fails this often; without a number until the cause is mended. */
  | { readonly do: "fail"; readonly times?: number }
  /** Sends itself to itself until the chain is too long. */
  | { readonly do: "again" }
  /** Calls an actor that calls this one. */
  | { readonly do: "cycle"; readonly via: string }
  /** Gives the state so many lines, and one of them a new text. */
  | { readonly do: "pad"; readonly lines: number; readonly change: number }
  | { readonly do: "bloat"; readonly what: "state" | "effects" | "result" }
  | { readonly do: "pend" }
  | { readonly do: "resolve"; readonly callId: string; readonly value: string }
  | { readonly do: "destroy" };

/** What a turn answers. */
export interface Receipt {
  /** The attempt that was committed. */
  readonly nonce: string;
  readonly balance: number;
  /** Of the state on which it ran. */
  readonly version: number;
  /** Too large on purpose. */
  readonly ballast?: string;
}

/** What a look at an actor finds. */
export interface Sight {
  readonly last: string;
  readonly balance: number;
  readonly version: number;
}

interface Carrier {
  readonly op?: string;
  readonly detail?: { readonly program?: { readonly op?: string } };
}

/** The piece of work that a queued call is for: its program's, or that of the event that it hands on. */
export function opIn(message: { readonly args?: readonly unknown[] } | undefined): string | undefined {
  const { op, detail } = (message?.args?.[0] ?? {}) as Carrier;
  return op ?? detail?.program?.op;
}
