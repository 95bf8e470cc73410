/** What operations used of what AWS bills, counted as it happens. */
import { type Assumed, AWS, dollarsFor, lambdaGbSeconds } from "./prices";

export interface Usage {
  /** Of DynamoDB's tables. */
  writeUnits: number;
  /** Write units that its index takes besides. */
  indexUnits: number;
  readUnits: number;
  fifoRequests: number;
  standardRequests: number;
  events: number;
  /** Of the router. */
  invocations: number;
  /** Runs in a function of the caller's, for whose time the caller pays. */
  hostedRuns: number;
}

export interface Dollars {
  readonly dynamo: number;
  readonly sqs: number;
  readonly events: number;
  readonly lambda: number;
  readonly total: number;
}

/** What one request is billed as, for each 64 KB of it. */
const BILLED_BYTES = 65_536;

export function newUsage(): Usage {
  return {
    writeUnits: 0,
    indexUnits: 0,
    readUnits: 0,
    fifoRequests: 0,
    standardRequests: 0,
    events: 0,
    invocations: 0,
    hostedRuns: 0,
  };
}

export function billedRequests(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / BILLED_BYTES));
}

export class Tally {
  readonly counted = newUsage();

  /** What was counted since the last time, for each of `operations`. */
  take(operations = 1): Usage {
    const taken = newUsage();
    for (const name of Object.keys(taken) as (keyof Usage)[]) {
      taken[name] = this.counted[name] / operations;
      this.counted[name] = 0;
    }
    return taken;
  }
}

/** For `times` operations that use this each. */
export function dollarsOf(usage: Usage, assumed: Assumed, times = 1_000_000): Dollars {
  const gbSeconds = lambdaGbSeconds(usage.invocations + usage.hostedRuns, assumed);
  const dynamo =
    dollarsFor(usage.writeUnits + usage.indexUnits, AWS.writeUnits) +
    dollarsFor(usage.readUnits, AWS.readUnits);
  const sqs =
    dollarsFor(usage.fifoRequests, AWS.fifoRequests) +
    dollarsFor(usage.standardRequests, AWS.standardRequests);
  const events = dollarsFor(usage.events, AWS.events);
  const lambda = dollarsFor(usage.invocations, AWS.invocations) + dollarsFor(gbSeconds, AWS.gbSeconds);
  return {
    dynamo: dynamo * times,
    sqs: sqs * times,
    events: events * times,
    lambda: lambda * times,
    total: (dynamo + sqs + events + lambda) * times,
  };
}
