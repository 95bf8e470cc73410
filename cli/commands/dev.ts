/** `dev`: runs an app on this machine, and anew whenever its code is saved. */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { DEV_FILE } from "../app/find-app";
import { DevConsole } from "../dev/dev-console";
import { DevServer } from "../dev/dev-server";
import { findEntry } from "../dev/entry";
import { UsageError } from "../output/usage-error";
import { version } from "../version";

interface DevCommandOptions {
  readonly port: string;
  readonly inspect?: string | true;
  readonly quiet?: boolean;
}

export function devCommand(): Command {
  return new Command("dev")
    .description("run an app here, with its inspector, and anew whenever its code is saved")
    .argument("[entry]", "the file that exports the actors or their router; default: src/actors.ts")
    .option("--port <number>", "the port on 127.0.0.1; 0 for any free one", "3000")
    .option("--inspect [host:port]", "let a debugger attach to the app")
    .option("--quiet", "do not print each turn")
    .addHelpText("after", "\nState is kept in .durable/state.db: delete it to begin anew.")
    .action(async (entry: string | undefined, options: DevCommandOptions) => {
      const folder = process.cwd();
      const path = findEntry(entry, folder);
      const screen = new DevConsole(folder, options.quiet ?? false);
      const { inspect } = options;
      const server = await DevServer.start({
        entry: path,
        folder,
        port: portOf(options.port),
        version,
        execArgv: inspect === undefined ? [] : [inspect === true ? "--inspect" : `--inspect=${inspect}`],
        onTurn: (turn) => screen.turn(turn),
        onReady: (actors, tookMs) => screen.ready(actors, tookMs),
        onProblems: (problems, next) => screen.problems(problems, next),
      });
      screen.started(server.url, path, version);
      const devFile = join(folder, DEV_FILE);
      writeFileSync(devFile, JSON.stringify({ url: server.url, pid: process.pid }));
      await stopped();
      screen.stopping();
      rmSync(devFile, { force: true });
      await server.close();
    });
}

/** @throws UsageError */
export function portOf(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new UsageError(`--port ${text} is no port: a whole number from 0 to 65535.`, { port: text });
}

/** Resolves when somebody wants the process to end. */
export function stopped(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });
}
