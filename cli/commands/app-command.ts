/** A command about one app: which one, and how to say what came of it. */
import { Command } from "commander";
import { findApp, type WhichApp } from "../app/find-app";
import type { InspectedApp } from "../app/inspected-app";
import { Output } from "../output/output";

export interface AppOptions extends WhichApp {
  readonly json?: boolean;
}

export function appCommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .option("--stack <name>", "an app on AWS, by its CloudFormation stack")
    .option("--url <url>", "an app that `durable-lambda dev` runs; default: the one of this folder")
    .option("--json", "print JSON, for programs");
}

/** Runs what a command does on the app that its options name. */
export async function withApp(
  options: AppOptions,
  run: (app: InspectedApp, output: Output) => Promise<void>,
): Promise<void> {
  await run(await findApp(options), new Output(options.json ?? false));
}
