/** `inspect`: the inspector for an app on AWS. It only looks. */
import { Command } from "commander";
import { findDeployed } from "../app/find-app";
import { serveInspector } from "../inspector/server";
import { style } from "../output/output";
import { portOf, stopped } from "./dev";

interface InspectOptions {
  readonly stack?: string;
  readonly port: string;
}

export function inspectCommand(): Command {
  return new Command("inspect")
    .description("the inspector for an app on AWS, on a page of this machine; it changes nothing")
    .option("--stack <name>", "its CloudFormation stack; default: what the DURABLE_… variables name")
    .option("--port <number>", "the port on 127.0.0.1; 0 for any free one", "3001")
    .action(async ({ stack, port }: InspectOptions) => {
      const app = await findDeployed(stack);
      const server = await serveInspector({ app, port: portOf(port), isReadOnly: true });
      process.stdout.write(`Inspector  ${style("cyan", server.url)}\n`);
      await stopped();
      await server.close();
    });
}
