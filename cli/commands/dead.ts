/** `dead`: the messages that could not be processed. */
import { Command } from "commander";
import { DurableError } from "../../lib/errors";
import type { DeadLetter } from "../../lib/messages/dead-letter";
import type { DeadLetterFilter } from "../../lib/messages/dead-letters";
import type { InspectedApp } from "../app/inspected-app";
import { type Output, style } from "../output/output";
import { withProgress } from "../output/progress";
import { ago } from "../output/time";
import { UsageError } from "../output/usage-error";
import { type AppOptions, appCommand, withApp } from "./app-command";

interface FilterOptions extends AppOptions {
  readonly actor?: string;
  readonly id?: string;
}

interface ListOptions extends FilterOptions {
  readonly limit: string;
}

interface DiscardOptions extends FilterOptions {
  readonly yes?: boolean;
}

/** A queue cannot be searched, only received from. */
const LOOKING = "Looking through the dead letters";

export function deadCommand(): Command {
  return new Command("dead")
    .description("messages that could not be processed: look, send back, throw away")
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(redriveCommand())
    .addCommand(discardCommand());
}

function listCommand(): Command {
  return filterCommand("list", "the dead letters, the oldest first")
    .option("--limit <number>", "at most so many", "100")
    .action((options: ListOptions) =>
      withApp(options, async ({ letters }, output) => {
        const limit = Number(options.limit);
        if (!Number.isInteger(limit) || limit < 1)
          throw new UsageError(`--limit ${options.limit} is no number of letters.`);
        const found = await withProgress(output, LOOKING, () => letters.list(filterOf(options), { limit }));
        output.result({ letters: found }, () => tableOf(found, output));
      }),
    );
}

function showCommand(): Command {
  return appCommand("show", "one dead letter, with its reason")
    .argument("<id>", "its call id or its message id")
    .action((id: string, options: AppOptions) =>
      withApp(options, async (app, output) => {
        const letter = await withProgress(output, LOOKING, () => find(app, id));
        output.result(letter, () => describe(letter));
      }),
    );
}

function redriveCommand(): Command {
  return filterCommand("redrive", "send letters back to their actors, once the cause is mended")
    .argument("[id]", "a call id or a message id")
    .addHelpText("after", "\nExample:\n  durable-lambda dead redrive --actor Order")
    .action((id: string | undefined, options: FilterOptions) =>
      withApp(options, async (app, output) => {
        const count = await withProgress(output, LOOKING, async () =>
          app.letters.redrive(await named(app, id, options)),
        );
        output.result({ count }, () => `${counted(count)} sent back`);
      }),
    );
}

function discardCommand(): Command {
  return filterCommand("discard", "throw letters away for good")
    .argument("[id]", "a call id or a message id")
    .option("--yes", "do not ask")
    .action((id: string | undefined, options: DiscardOptions) =>
      withApp(options, async (app, output) => {
        const filter = await withProgress(output, LOOKING, () => named(app, id, options));
        if (!options.yes) await ask(app, filter);
        const count = await withProgress(output, LOOKING, () => app.letters.discard(filter));
        output.result({ count }, () => `${counted(count)} thrown away`);
      }),
    );
}

function filterCommand(name: string, description: string): Command {
  return appCommand(name, description)
    .option("--actor <type>", "only those for actors of this type")
    .option("--id <id>", "only those for the actor with this id");
}

function filterOf({ actor, id }: FilterOptions): DeadLetterFilter {
  return { ...(actor === undefined ? {} : { actor }), ...(id === undefined ? {} : { id }) };
}

/** Which letters are meant: all of them never are by an oversight. @throws UsageError, DurableError `UnknownLetter` */
async function named(
  app: InspectedApp,
  id: string | undefined,
  options: FilterOptions,
): Promise<DeadLetterFilter> {
  const filter = filterOf(options);
  if (id === undefined && Object.keys(filter).length === 0) {
    throw new UsageError("Name the letters: by a call id, or with --actor and --id.");
  }
  return id === undefined ? filter : { ...filter, messageId: (await find(app, id)).messageId };
}

/** @throws DurableError `UnknownLetter` */
async function find({ letters }: InspectedApp, id: string): Promise<DeadLetter> {
  const [letter] = await letters.list({ callId: id }, { limit: 1 });
  const found = letter ?? (await letters.list({ messageId: id }, { limit: 1 }))[0];
  if (found !== undefined) return found;
  throw new DurableError(
    "UnknownLetter",
    `There is no dead letter with the call id or the message id ${id}.`,
    {
      details: { field: "id", value: id },
    },
  );
}

/** @throws UsageError when nobody can be asked, or says no */
async function ask({ letters }: InspectedApp, filter: DeadLetterFilter): Promise<void> {
  if (!process.stdin.isTTY) throw new UsageError("This throws letters away for good: say --yes.");
  const count = (await letters.list(filter, { limit: 10_000 })).length;
  const { confirm, isCancel } = await import("@clack/prompts");
  const answer = await confirm({ message: `Throw ${counted(count)} away for good?`, initialValue: false });
  if (isCancel(answer) || !answer) throw new UsageError("Nothing was thrown away.");
}

function tableOf(letters: readonly DeadLetter[], output: Output): string {
  if (letters.length === 0) return style("dim", "none");
  const rows = letters.map(({ reason, actor = "", id = "", method = "", callId, messageId }) => [
    callId ?? messageId,
    `${actor}/${id}`,
    method,
    String(reason.attempts),
    ago(reason.atMs),
    `${reason.name ?? reason.code}: ${reason.message.split("\n")[0]}`,
  ]);
  return output.table(["CALL", "ACTOR", "METHOD", "TRIES", "WHEN", "REASON"], rows);
}

function describe({ reason, actor, id, method, callId, messageId, mode, body }: DeadLetter): string {
  const { code, message, name, attempts, atMs, stack } = reason;
  return [
    style("red", `${name ?? code}: ${message}`),
    ...(stack === undefined ? [] : [style("dim", stack)]),
    `${actor}/${id} ${method}, ${mode}, call ${callId}, message ${messageId}`,
    `given up after ${attempts} attempts, ${new Date(atMs).toISOString()} (${ago(atMs)})`,
    style("dim", body),
  ].join("\n");
}

function counted(count: number): string {
  return count === 1 ? "1 letter" : `${count} letters`;
}
