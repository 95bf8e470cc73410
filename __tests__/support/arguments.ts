/** The arguments of the commands in these folders. What is wrong with them is said in a line, with how they are used. */
import { type ParseArgsConfig, parseArgs } from "node:util";

type Options = NonNullable<ParseArgsConfig["options"]>;

/** A wrong argument. */
class Misuse extends Error {}

/** Runs a command with its options; ends the process with what it returns, or with 2 when they are wrong. */
export function runCommand<O extends Options>(
  usage: string,
  options: O,
  run: (values: ReturnType<typeof parseArgs<{ options: O }>>["values"]) => Promise<number>,
): void {
  const exit = (code: number) => {
    process.exitCode = code;
  };
  const misused = (problem: Error) => {
    console.error(`${problem.message}\n\n${usage}`);
    exit(2);
  };
  let values: ReturnType<typeof parseArgs<{ options: O }>>["values"];
  try {
    ({ values } = parseArgs({ options }));
  } catch (thrown) {
    misused(thrown as Error);
    return;
  }
  run(values).then(exit, (thrown: unknown) => {
    if (thrown instanceof Misuse) return misused(thrown);
    console.error(thrown);
    exit(1);
  });
}

export function wholeNumber(name: string, text: string, least = 0): number {
  if (/^\d{1,12}$/.test(text) && Number(text) >= least) return Number(text);
  throw new Misuse(`--${name} ${text} is not a whole number from ${least}.`);
}

export function oneOf<T extends string>(name: string, text: string, known: readonly T[]): T {
  const found = known.find((one) => one === text);
  if (found !== undefined) return found;
  throw new Misuse(`--${name} ${text} is none of: ${known.join(", ")}.`);
}

export function misuse(problem: string): never {
  throw new Misuse(problem);
}
