/**
 * List prices in dollars, without free tiers and discounts: AWS in us-east-1 (x86, on demand), Cloudflare everywhere. What is
 * not here is not counted; docs/costs.md names it.
 */

export interface Price {
  /** For a million units. */
  readonly dollars: number;
  readonly unit: string;
  readonly of: string;
}

const MILLION = 1_000_000;

export const AWS = {
  writeUnits: {
    dollars: 0.625,
    unit: "write unit",
    of: "DynamoDB: each KB of an item that is written, the larger of before and after; index entries apart",
  },
  readUnits: {
    dollars: 0.125,
    unit: "read unit",
    of: "DynamoDB: each 4 KB that are read consistently; half of one for an index",
  },
  fifoRequests: {
    dollars: 0.5,
    unit: "request",
    of: "SQS, FIFO: sending, receiving or deleting up to ten messages, for each 64 KB",
  },
  standardRequests: {
    dollars: 0.4,
    unit: "request",
    of: "SQS, standard: the same",
  },
  events: {
    dollars: 1,
    unit: "event",
    of: "EventBridge: an event of one's own, for each 64 KB",
  },
  invocations: { dollars: 0.2, unit: "invocation", of: "Lambda" },
  gbSeconds: {
    dollars: 16.6667,
    unit: "GB-s",
    of: "Lambda: the function's memory, while it runs",
  },
} as const satisfies Record<string, Price>;

export const DURABLE_OBJECTS = {
  requests: { dollars: 0.15, unit: "request", of: "Durable Objects: a request or an alarm" },
  rows: {
    dollars: 1,
    unit: "row written",
    of: "Durable Objects: setting an alarm is one, too",
  },
  gbSeconds: {
    dollars: 12.5,
    unit: "GB-s",
    of: "Durable Objects: 128 MB, while one is active",
  },
} as const satisfies Record<string, Price>;

/** What both are assumed to take: times on a test machine prove nothing about either. */
export interface Assumed {
  /** One invocation of a function, and one request to a Durable Object. */
  readonly ms: number;
  /** A function's memory. */
  readonly mb: number;
}

/** As Cloudflare computes: 128 MB of 1,000. */
const DURABLE_OBJECT_GB = 0.128;

export function dollarsFor(units: number, { dollars }: Price): number {
  return (units * dollars) / MILLION;
}

export function lambdaGbSeconds(runs: number, { ms, mb }: Assumed): number {
  return (runs * ms * mb) / 1_000 / 1_024;
}

export interface DurableObjectUse {
  readonly requests: number;
  readonly rows: number;
}

/** Of a million operations: the sum, and how it comes about. */
export function durableObjects(use: DurableObjectUse, { ms }: Assumed): { dollars: number; sum: string } {
  const { requests, rows, gbSeconds } = DURABLE_OBJECTS;
  const seconds = (use.requests * ms) / 1_000;
  const dollars =
    MILLION *
    (dollarsFor(use.requests, requests) +
      dollarsFor(use.rows, rows) +
      dollarsFor(seconds * DURABLE_OBJECT_GB, gbSeconds));
  const duration = `${use.requests} × ${ms} ms × ${DURABLE_OBJECT_GB} GB × $${gbSeconds.dollars}`;
  const sum = `${use.requests} × $${requests.dollars} + ${use.rows} × $${rows.dollars} + ${duration}`;
  return { dollars, sum };
}
