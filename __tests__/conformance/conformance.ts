/**
 * The adapters' contracts and the end-to-end suites, against independent implementations of AWS's services:
 *
 *     npm run test:conformance                            all that can be had on this machine
 *     npm run test:conformance -- --only moto,dynoxide    these
 *     npm run test:conformance -- --deviations            only what is left out otherwise: does it still fail?
 *     AWS_ENDPOINT_URL=http://… npm run test:conformance  what is there; `--as localstack` says what it is known for
 *
 * docs/conformance.md says what was found.
 */
import { parseArgs } from "node:util";
import type { Service } from "../support/endpoints";
import { dynamodbLocal } from "./stand-ins/dynamodb-local";
import { dynoxide } from "./stand-ins/dynoxide";
import { elasticmq } from "./stand-ins/elasticmq";
import { localstack } from "./stand-ins/localstack";
import { moto } from "./stand-ins/moto";
import { Server } from "./stand-ins/server";
import { NotHere, type StandIn } from "./stand-ins/stand-in";
import { type Place, type Places, runSuites } from "./suites";

const STAND_INS: readonly StandIn[] = [dynoxide, dynamodbLocal, elasticmq, moto];
const SERVICES = ["dynamodb", "sqs", "eventbridge"] as const satisfies readonly Service[];

/** What runs together. A part that is not here is left out; what nothing is left of is not run. */
const COMBINATIONS: readonly Readonly<Partial<Record<Service, StandIn>>>[] = [
  { dynamodb: dynoxide },
  { dynamodb: dynamodbLocal, sqs: elasticmq, eventbridge: moto },
  { dynamodb: moto, sqs: moto, eventbridge: moto },
];

/** What stands in for the others; the events that it takes reach nobody. */
const EMBEDDED: Readonly<Record<Service, string>> = {
  dynamodb: "dynalite, as in npm test",
  sqs: "fauxqs, as in npm test",
  eventbridge: "none, so without events end to end",
};

async function main(): Promise<boolean> {
  const { values } = parseArgs({
    options: {
      only: { type: "string" },
      as: { type: "string" },
      deviations: { type: "boolean", default: false },
    },
  });
  const given = placesOfEnvironment(
    values.as === undefined ? [] : named(values.as, [...STAND_INS, localstack]),
  );
  if (Object.keys(given).length > 0) return check(given, undefined, values.deviations);
  return checkHere(values.only === undefined ? undefined : named(values.only, STAND_INS), values.deviations);
}

/** @throws for a name that none of them has */
function named<T extends { readonly name: string }>(names: string, all: readonly T[]): T[] {
  return names.split(",").map((name) => {
    const found = all.find((one) => one.name === name.trim());
    if (found !== undefined) return found;
    const known = all.map((one) => one.name).join(", ");
    throw new Error(`No stand-in is named ${name}. Known: ${known}.`);
  });
}

/** What the SDK's own variables name. @param as what is said to be there */
function placesOfEnvironment(as: readonly Pick<StandIn, "deviations">[]): Places {
  const { env } = process;
  const places: Partial<Record<Service, Place>> = {};
  for (const service of SERVICES) {
    const endpoint = env[`AWS_ENDPOINT_URL_${service.toUpperCase()}`] || env.AWS_ENDPOINT_URL;
    if (!endpoint) continue;
    const deviations = as.flatMap((standIn) => standIn.deviations[service] ?? []);
    places[service] = { endpoint, title: endpoint, deviations };
  }
  return places;
}

/** Installs and starts what can be had here, runs all combinations, and stops everything. */
async function checkHere(only: readonly StandIn[] | undefined, deviating: boolean): Promise<boolean> {
  const servers = new Map<StandIn, Server>();
  let isAllThere = true;
  try {
    for (const standIn of only ?? STAND_INS) {
      try {
        const server = await Server.start(await standIn.install());
        servers.set(standIn, server);
        console.log(`${standIn.title}: runs at ${server.endpoint}`);
      } catch (thrown) {
        if (!(thrown instanceof NotHere)) throw thrown;
        isAllThere = false;
        console.log(`${standIn.title}: skipped, since ${thrown.message}`);
      }
    }
    let isRight = true;
    const targets = servers.get(moto)?.endpoint;
    for (const combination of COMBINATIONS) {
      const places = placesOf(combination, servers);
      if (Object.keys(places).length > 0 && !(await check(places, targets, deviating))) isRight = false;
    }
    if (servers.size === 0) console.log("No stand-in can be had here: nothing was checked.");
    // Who asks for some by name wants to have them.
    return isRight && (isAllThere || only === undefined);
  } finally {
    await Promise.all([...servers.values()].map((server) => server.stop()));
  }
}

function placesOf(
  combination: Readonly<Partial<Record<Service, StandIn>>>,
  servers: ReadonlyMap<StandIn, Server>,
): Places {
  const places: Partial<Record<Service, Place>> = {};
  for (const service of SERVICES) {
    const standIn = combination[service];
    const server = standIn === undefined ? undefined : servers.get(standIn);
    if (standIn === undefined || server === undefined) continue;
    const { title, deviations } = standIn;
    places[service] = { endpoint: server.endpoint, title, deviations: deviations[service] ?? [] };
  }
  return places;
}

/** @returns whether everything is as it should be */
async function check(places: Places, targets: string | undefined, deviating: boolean): Promise<boolean> {
  const what = SERVICES.map((service) => `${service}: ${places[service]?.title ?? EMBEDDED[service]}`);
  console.log(`\n${what.join(", ")}`);
  const known = Object.values(places).flatMap(({ deviations }) => deviations);
  if (deviating && known.length === 0) {
    console.log("  no deviation is known");
    return true;
  }
  const { passed, failed, leftOut, unknown, output } = await runSuites(places, targets, deviating);
  for (const part of unknown) console.log(`  no test is named "${part}"`);
  if (deviating) {
    console.log(`  ${failed.length} of the tests that are left out fail`);
    // Some fail only mostly: those of races.
    for (const name of passed) console.log(`  passes now: ${name}`);
    return unknown.length === 0;
  }
  if (failed.length > 0) console.log(output);
  for (const name of failed) console.log(`  failed: ${name}`);
  for (const { reason, tests } of known) {
    const count = leftOut.filter((name) => tests.some((part) => name.includes(part))).length;
    console.log(`  left out (${count}): ${reason}`);
  }
  console.log(`  ${passed.length} passed, ${failed.length} failed, ${leftOut.length} left out`);
  return failed.length === 0 && unknown.length === 0 && passed.length > 0;
}

// What was started is stopped when this process ends.
for (const [signal, code] of [["SIGINT", 130] as const, ["SIGTERM", 143] as const]) {
  process.on(signal, () => process.exit(code));
}
main().then(
  (isRight) => process.exit(isRight ? 0 : 1),
  (failure: unknown) => {
    console.error(failure instanceof Error ? failure.message : failure);
    process.exit(1);
  },
);
