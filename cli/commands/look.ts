/** `state`, `list` and `reminders`: what an app has stored. */
import type { Command } from "commander";
import { DurableError } from "../../lib/errors";
import type { ActorView } from "../../lib/inspect/actor-view";
import type { ActorPage } from "../../lib/inspect/directory";
import type { Reminder } from "../../lib/reminders/reminder";
import { type Json, unpack } from "../../lib/values/codec";
import type { InspectedApp } from "../app/inspected-app";
import { type Output, style } from "../output/output";
import { withProgress } from "../output/progress";
import { ago } from "../output/time";
import { UsageError } from "../output/usage-error";
import { type AppOptions, appCommand, withApp } from "./app-command";

export function stateCommand(): Command {
  return appCommand("state", "what is stored of one actor")
    .argument("<actor>", "the actor's type")
    .argument("<id>", "the actor's id")
    .addHelpText("after", "\nExample:\n  durable-lambda state Counter c1")
    .action((type: string, id: string, options: AppOptions) =>
      withApp(options, async (app, output) => {
        const view = await viewOf(app, type, id);
        output.result(view, () => describe(view, output));
      }),
    );
}

interface ListOptions extends AppOptions {
  readonly search?: string;
  readonly limit: string;
  readonly after?: string;
}

export function listCommand(): Command {
  return appCommand("list", "the actors of a type, or of all")
    .argument("[actor]", "the actors' type")
    .option("--search <text>", "only ids that contain this")
    .option("--limit <number>", "at most so many", "100")
    .option("--after <page>", "the `next` of the page before")
    .addHelpText("after", "\nExample:\n  durable-lambda list Order --search 2026-11")
    .action((type: string | undefined, options: ListOptions) =>
      withApp(options, async (app, output) => {
        const { search, after } = options;
        const limit = Number(options.limit);
        if (!Number.isInteger(limit) || limit < 1)
          throw new UsageError(`--limit ${options.limit} is no number of actors.`);
        const query = {
          ...(type === undefined ? {} : { type }),
          ...(search === undefined ? {} : { search }),
          ...(after === undefined ? {} : { after }),
        };
        const found = await withProgress(output, "Looking for actors", () => pages(app, limit, query));
        output.result(found, () => tableOf(found, output));
        if (found.next !== undefined) output.note(`There are more: --after '${found.next}'`);
      }),
    );
}

export function remindersCommand(): Command {
  return appCommand("reminders", "what an actor has arranged for later")
    .argument("<actor>", "the actor's type")
    .argument("<id>", "the actor's id")
    .action((type: string, id: string, options: AppOptions) =>
      withApp(options, async (app, output) => {
        const { reminders } = await viewOf(app, type, id);
        output.result({ reminders }, () => remindersTable(reminders, output));
      }),
    );
}

/** Goes on through pages that are not full, as far as it takes. */
async function pages(
  app: InspectedApp,
  limit: number,
  query: { readonly type?: string; readonly search?: string; readonly after?: string },
): Promise<ActorPage> {
  let page = await app.list({ ...query, limit: Math.min(limit, 1_000) });
  while (page.next !== undefined && page.actors.length < limit) {
    const rest = Math.min(limit - page.actors.length, 1_000);
    const more = await app.list({ ...query, after: page.next, limit: rest });
    page = { ...more, actors: [...page.actors, ...more.actors] };
  }
  return page;
}

/** @throws DurableError `UnknownAddress` */
async function viewOf(app: InspectedApp, type: string, id: string): Promise<ActorView> {
  const view = await app.actor({ type, id });
  if (view !== undefined) return view;
  const { actors } = await app.info();
  throw new DurableError("UnknownAddress", `Nobody has touched ${type}/${id} yet.`, {
    details: {
      field: "actor",
      value: type,
      known: actors.map(({ name }) => name).filter((name) => name !== type),
    },
  });
}

function describe(view: ActorView, output: Output): string {
  const { version, fence, lease, stateBytes, reminders, outbox, failing, wakeAtMs, unreadable } = view;
  const notes = [
    `version ${version}, fence ${fence}, ${stateBytes} bytes`,
    ...(lease !== undefined && lease.untilMs > Date.now()
      ? [`busy: its lease lasts for ${ago(lease.untilMs)}`]
      : []),
    ...(wakeAtMs === undefined ? [] : [`woken ${ago(wakeAtMs)}`]),
    ...(reminders.length === 0 ? [] : [`reminders: ${reminders.map(({ name }) => name).join(", ")}`]),
    ...(outbox.length === 0 ? [] : [`${outbox.length} effects that are not delivered yet`]),
    ...(failing === undefined ? [] : [`the message ${failing.messageId} failed ${failing.attempts} times`]),
    ...unreadable.map(({ field, message }) => style("red", `${field} cannot be read: ${message}`)),
  ];
  const state =
    "state" in view
      ? output.shown(readable(view.state as Json))
      : style("dim", "no state: destroyed, or never committed");
  return [state, ...notes.map((note) => style("dim", note))].join("\n");
}

/** With its types, where they can be made out. */
function readable(state: Json): unknown {
  try {
    return unpack(structuredClone(state) as Json, "state");
  } catch {
    return state;
  }
}

function tableOf({ actors }: ActorPage, output: Output): string {
  if (actors.length === 0) return style("dim", "none");
  const rows = actors.map(({ type, id, version, leaseUntilMs = 0, wakeAtMs }) => [
    type,
    id,
    String(version),
    [leaseUntilMs > Date.now() ? "busy" : "", wakeAtMs === undefined ? "" : `woken ${ago(wakeAtMs)}`]
      .join(" ")
      .trim(),
  ]);
  return output.table(["ACTOR", "ID", "VERSION", ""], rows);
}

function remindersTable(reminders: readonly Reminder[], output: Output): string {
  if (reminders.length === 0) return style("dim", "none");
  const rows = reminders.map(({ name, method, args, dueMs, attempts = 0, ...recurrence }) => [
    name,
    `${method}(${args.map((arg) => JSON.stringify(arg)).join(", ")})`,
    `${new Date(dueMs).toISOString()} (${ago(dueMs)})`,
    recurrenceOf(recurrence),
    attempts === 0 ? "" : `${attempts} failed attempts`,
  ]);
  return output.table(["NAME", "CALLS", "DUE", "AGAIN", ""], rows);
}

function recurrenceOf({ everyMs, cron, timezone }: Pick<Reminder, "everyMs" | "cron" | "timezone">): string {
  if (everyMs !== undefined) return `every ${everyMs / 1_000} s`;
  return cron === undefined ? "" : [cron, timezone ?? "UTC"].join(" ");
}
