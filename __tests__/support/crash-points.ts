/**
 * Runs a scenario again and again, with a process dying at another place each time.
 *
 *     no death: N requests ──► 2N runs, each from scratch: dies before 1, after 1, before 2, … after N
 */
import type { ActorClass } from "durable-lambda";
import { SeededRandom } from "../../lib/testing/seeded-random";
import { Fleet, type FleetOptions } from "./fleet";
import type { Death } from "./mortal-process";

/** What is asked of a fleet, and what must be true in the end. */
export type Scenario = (fleet: Fleet) => Promise<void>;

type Options = Omit<FleetOptions, "deaths">;

/** The requests of the first process, and of the one that took over. */
export interface Steps {
  readonly first: readonly string[];
  readonly second: readonly string[];
}

/**
 * Runs a scenario without a death, then once for each place at which its process can die. Returns the requests that it makes
 * without.
 */
export async function dyingEverywhere(
  actors: readonly ActorClass[],
  scenario: Scenario,
  options: Options = {},
): Promise<readonly string[]> {
  const { first: steps } = await dyingAt(actors, [], scenario, options);
  for (const death of placesIn(steps)) {
    const { first: made } = await dyingAt(actors, [death], scenario, options);
    const [expected, found] = [steps, made].map((names) => names[death.step - 1]);
    if (found !== expected) throw new Error(`Request ${death.step} was ${found}, not ${expected}.`);
  }
  return steps;
}

/**
 * Runs a scenario with two deaths: the first process at each place, the one that takes over at some of its own. Returns how
 * many pairs there were.
 *
 * @param each so many places of the second process for each of the first
 */
export async function dyingTwice(
  actors: readonly ActorClass[],
  scenario: Scenario,
  { each, seed }: { readonly each: number; readonly seed: number },
): Promise<number> {
  const random = new SeededRandom(seed);
  const { first: steps } = await dyingAt(actors, [], scenario);
  let pairs = 0;
  for (const first of placesIn(steps)) {
    const places = placesIn((await dyingAt(actors, [first], scenario)).second);
    // After a death at the very end there is nothing left to do.
    for (let count = 0; count < Math.min(each, places.length); count++, pairs++) {
      const second = places[Math.floor(random.fraction() * places.length)] as Place;
      await dyingAt(actors, [first, second], scenario);
    }
  }
  return pairs;
}

/** Runs a scenario with these deaths. @throws what the scenario throws, with the place */
export async function dyingAt(
  actors: readonly ActorClass[],
  deaths: readonly Death[],
  scenario: Scenario,
  options: Options = {},
): Promise<Steps> {
  const fleet = new Fleet(actors, { ...options, deaths });
  try {
    await scenario(fleet);
    if (!fleet.haveDied) throw new Error("There was no such request.");
    const [first, second] = fleet.processes;
    return { first: first?.steps ?? [], second: second?.steps ?? [] };
  } catch (thrown) {
    const places = deaths.map(({ step, moment }, index) => {
      const name = typeof step === "string" ? step : fleet.processes[index]?.steps[step - 1];
      return `a process died ${moment} request ${step} (${name})`;
    });
    const { message } = thrown as Error;
    throw new Error(`${places.join(", then ") || "no process died"}: ${message}`, { cause: thrown });
  } finally {
    await fleet.close();
  }
}

type Place = Death & { readonly step: number };

function placesIn(steps: readonly string[]): Place[] {
  return steps.flatMap((name, index) => {
    const after: Place = { step: index + 1, moment: "after" };
    return name.endsWith(".receive") ? [after] : [{ ...after, moment: "before" }, after];
  });
}
