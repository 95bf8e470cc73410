/**
 * The codec beside plain JSON and three libraries: time to encode and decode, and size. docs/decisions/0002-codec.md
 * draws its conclusion from this.
 */
import { decode, encode } from "../lib/values/codec";

interface Candidate {
  readonly name: string;
  encode(value: unknown): string;
  decode(text: string): unknown;
}

const plain = {
  orders: Array.from({ length: 200 }, (_, n) => ({
    id: `order-${n}`,
    total: n * 1.5,
    open: n % 2 === 0,
    tags: ["a", "b"],
  })),
};
const rich = {
  orders: Array.from({ length: 200 }, (_, n) => ({
    id: `order-${n}`,
    total: BigInt(n),
    at: new Date(n * 1e9),
    tags: new Set(["a"]),
  })),
  index: new Map(Array.from({ length: 50 }, (_, n) => [`k${n}`, n])),
};

function microseconds(run: () => unknown): number {
  for (let n = 0; n < 50; n++) run();
  const before = process.cpuUsage();
  for (let n = 0; n < 300; n++) run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 300;
}

function measure(title: string, value: unknown, candidates: readonly Candidate[]): void {
  console.log(title);
  for (const candidate of candidates) {
    const text = candidate.encode(value);
    const encodeUs = microseconds(() => candidate.encode(value));
    const decodeUs = microseconds(() => candidate.decode(text));
    console.log(
      `  ${candidate.name.padEnd(14)} encode ${encodeUs.toFixed(0).padStart(6)} µs   decode ${decodeUs.toFixed(0).padStart(6)} µs   ${text.length} bytes   ${text.slice(0, 60)}…`,
    );
  }
}

async function main(): Promise<void> {
  const { default: superjson } = await import("superjson");
  const devalue = await import("devalue");
  const { Typeson } = await import("typeson");
  const typeson = new Typeson({ sync: true }).register([
    {
      date: {
        test: (x: unknown) => x instanceof Date,
        replace: (d: Date) => d.getTime(),
        revive: (n: number) => new Date(n),
      },
      map: {
        test: (x: unknown) => x instanceof Map,
        replace: (m: Map<unknown, unknown>) => [...m],
        revive: (e: [unknown, unknown][]) => new Map(e),
      },
      set: {
        test: (x: unknown) => x instanceof Set,
        replace: (s: Set<unknown>) => [...s],
        revive: (e: unknown[]) => new Set(e),
      },
      bigint: {
        test: (x: unknown) => typeof x === "bigint",
        replace: String,
        revive: (s: string) => BigInt(s),
      },
    },
  ]);
  const ours: Candidate = {
    name: "durable-lambda",
    encode: (value) => encode(value, "state"),
    decode: (text) => decode(text, "state"),
  };
  const libraries: Candidate[] = [
    {
      name: "superjson",
      encode: (value) => superjson.stringify(value),
      decode: (text) => superjson.parse(text),
    },
    { name: "devalue", encode: (value) => devalue.stringify(value), decode: (text) => devalue.parse(text) },
    {
      name: "typeson",
      encode: (value) => String(typeson.stringifySync(value)),
      decode: (text) => typeson.parseSync(text),
    },
  ];
  const json: Candidate = {
    name: "JSON",
    encode: (value) => JSON.stringify(value),
    decode: (text) => JSON.parse(text) as unknown,
  };
  measure("plain data", plain, [json, ours, ...libraries]);
  measure("dates, bigints, sets, a map", rich, [ours, ...libraries]);
}

void main();
