/**
 * An app that is looked at and talked to: what commands and the inspector work with, wherever it runs.
 *
 *     dev/dev-app.ts       the one that the development server of this process runs
 *     app/remote-app.ts    the one that another process's development server runs, over HTTP
 *     app/stack-app.ts     one on AWS
 */
import type { Address } from "../../lib/address";
import type { Transport } from "../../lib/calling/transport";
import type { ActorView } from "../../lib/inspect/actor-view";
import type { ActorPage, ActorQuery } from "../../lib/inspect/directory";
import type { QueueDepths } from "../../lib/inspect/inspection";
import type { DeadLetter } from "../../lib/messages/dead-letter";
import type { DeadLetterFilter } from "../../lib/messages/dead-letters";
import type { AppInfo } from "../inspector/api";

/** Methods throw as `Inspection` and `DeadLetters` do, or that the app cannot be reached. */
export interface InspectedApp {
  info(): Promise<AppInfo>;
  list(query: ActorQuery): Promise<ActorPage>;
  /** Undefined for an actor that nobody has ever touched. */
  actor(address: Address): Promise<ActorView | undefined>;
  depths(): Promise<QueueDepths>;
  readonly letters: Letters;
  /** Carries calls to it, as from somebody who may invoke its function. */
  readonly transport: Transport;
}

/** The part of `DeadLetters` that is needed here. */
export interface Letters {
  list(filter: DeadLetterFilter, options?: { readonly limit?: number }): Promise<DeadLetter[]>;
  redrive(filter: DeadLetterFilter): Promise<number>;
  discard(filter: DeadLetterFilter): Promise<number>;
}
