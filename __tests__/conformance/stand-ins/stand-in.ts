/** What stands in for AWS's services here: how it comes onto the machine, how it starts, and what it is known to get wrong. */
import type { Service } from "../../support/endpoints";

export interface StandIn {
  /** For `--only` and `--as`. */
  readonly name: string;
  /** With its version, which is pinned. */
  readonly title: string;
  /** Installs what is missing. @throws NotHere when that cannot be done on this machine */
  install(): Promise<StartCommand>;
  /** By the service to which they belong. */
  readonly deviations: Readonly<Partial<Record<Service, readonly Deviation[]>>>;
}

/** What starts it on this port, on loopback. */
export type StartCommand = (port: number) => {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
};

/** Something that AWS does otherwise. The tests that show it are left out, and no others. */
export interface Deviation {
  /** What it does, and what AWS does. */
  readonly reason: string;
  /** Each a part of the full names, `describe`s included, of the tests that show it. */
  readonly tests: readonly string[];
}

/** A stand-in cannot be had on this machine: no runtime for it, or nothing that it could be installed from. */
export class NotHere extends Error {}
