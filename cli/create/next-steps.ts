/** What somebody does first with a new app. */
import { style } from "../output/output";
import type { PackageManager } from "./package-manager";

export interface Made {
  /** As it is typed; empty where somebody is there already. */
  readonly folder: string;
  readonly installed: boolean;
  readonly manager: PackageManager;
}

export function nextSteps({ folder, installed, manager }: Made): string {
  const steps: readonly (readonly [command: string, what?: string])[] = [
    ...(folder === "" ? [] : ([[`cd ${quoted(folder)}`]] as const)),
    ...(installed ? [] : ([[manager.installCommand]] as const)),
    [manager.run("start"), "calls the actors, and says what comes of it"],
    [manager.run("test"), "tests them, on a clock that the tests move"],
    [manager.run("dev"), "runs them, with the inspector, and anew whenever you save"],
    [manager.exec("durable-lambda call Show hamlet open 3"), "meanwhile, in a second terminal"],
  ];
  const width = Math.max(...steps.map(([command]) => command.length));
  return steps
    .map(([command, what]) =>
      what === undefined
        ? `  ${style("cyan", command)}`
        : `  ${style("cyan", command.padEnd(width))}  ${style("dim", what)}`,
    )
    .join("\n");
}

/** As both sh and PowerShell take it. */
function quoted(path: string): string {
  return /^[\w./\\:-]+$/.test(path) ? path : `"${path}"`;
}
