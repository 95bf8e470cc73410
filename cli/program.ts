/** The command line: its commands, and what becomes of what they throw. */
import { Command, CommanderError } from "commander";
import { callCommand, resultCommand, sendCommand, startCommand } from "./commands/call";
import { createCommand } from "./commands/create";
import { deadCommand } from "./commands/dead";
import { devCommand } from "./commands/dev";
import { inspectCommand } from "./commands/inspect";
import { listCommand, remindersCommand, stateCommand } from "./commands/look";
import { EXIT, reportFailure } from "./output/failure";
import { version } from "./version";

const HELP = `
Without --stack or --url, a command is about the app that DURABLE_TABLE and the other variables name, else about the one that
\`durable-lambda dev\` runs here.

Exit codes: 0 done, 1 the app answered with an error, 2 wrong use, 3 the app cannot be reached or is busy.`;

/** The command with all of its commands. */
export function program(): Command {
  const commands = [
    createCommand(),
    devCommand(),
    inspectCommand(),
    callCommand(),
    sendCommand(),
    startCommand(),
    resultCommand(),
    stateCommand(),
    listCommand(),
    remindersCommand(),
    deadCommand(),
  ];
  const root = new Command("durable-lambda")
    .description("Durable actors on AWS serverless: create, run, call and inspect them.")
    .version(version)
    .addHelpText("after", HELP)
    .showHelpAfterError("Add --help to see how it is used.");
  for (const command of commands) root.addCommand(command);
  for (const command of withDescendants(root)) command.exitOverride();
  return root;
}

/** Runs the command that the arguments name, and returns its exit code. */
export async function run(args: readonly string[]): Promise<number> {
  try {
    await program().parseAsync(args, { from: "user" });
    return 0;
  } catch (thrown) {
    // It has said what is wrong, or what was asked for.
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : EXIT.usage;
    return reportFailure(thrown, args.includes("--json"));
  }
}

function withDescendants(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withDescendants)];
}
