/**
 * The stream of what happens, and the way back to it. A stream that broke is taken up by the browser itself, which tells the
 * server where it was; when the server is gone, or refuses the stream, the page asks until it is there again. After every
 * beginning the newest turns and events are also asked for: a page that slept for long, or whose server began anew, is right again
 * without a reload.
 */
import type { LiveEvents } from "../../api";
import { app, events, isDeployed, queues, turns } from "../state/app";
import type { Log, Placed } from "../state/log";
import { server } from "./client";
import { connection, epoch, whenUnreachable } from "./connection";
import { problemOf } from "./problem";

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 3_000;
const LISTED = 1_000;
/** A browser has six connections to a server, for all of its tabs: one that nobody looks at gives its own back. */
const HIDDEN_MS = 60_000;

let stream: EventSource | undefined;
/** Present while it is about to be asked, or is asked, whether the server is there. */
let retry: number | undefined;
/** Since the stream last began. */
let failures = 0;
let wasOpen = false;
/** What was asked for when the page began could not be had. */
let hasFailed = false;

export function startLive(): void {
  whenUnreachable(lookSoon);
  let hidden: number | undefined;
  document.addEventListener("visibilitychange", () => {
    window.clearTimeout(hidden);
    if (document.hidden) hidden = window.setTimeout(rest, HIDDEN_MS);
    else if (stream === undefined) open();
  });
  open();
  void load();
}

/** What the stream brings, asked for once more. */
export async function load(): Promise<void> {
  await Promise.all([
    attempt(async () => app.set(await server.app())),
    attempt(async () => queues.set(await server.queues())),
  ]);
  if (isDeployed(app.value)) return;
  await Promise.all([
    loadLog(turns, () => server.turns(LISTED)),
    loadLog(events, () => server.events(LISTED)),
  ]);
}

function open(): void {
  stream?.close();
  stream = new EventSource("inspect/live");
  stream.onopen = opened;
  stream.onerror = broken;
  on("app", (info) => app.set(info));
  on("queues", (depths) => queues.set(depths));
  on("turn", (turn) => turns.add(turn));
  on("event", (event) => events.add(event));
}

function on<K extends keyof LiveEvents>(name: K, take: (value: LiveEvents[K]) => void): void {
  stream?.addEventListener(name, ({ data }: MessageEvent<string>) => {
    try {
      take(JSON.parse(data) as LiveEvents[K]);
    } catch (thrown) {
      console.error(`The server told of a "${name}" that cannot be read.`, thrown);
    }
  });
}

function opened(): void {
  failures = 0;
  connection.set("live");
  const isOld = wasOpen || hasFailed;
  wasOpen = true;
  hasFailed = false;
  if (isOld) refresh();
}

function refresh(): void {
  epoch.update((count) => count + 1);
  void load();
}

function broken(): void {
  if (connection.value !== "gone") connection.set("reconnecting");
  lookSoon();
}

function lookSoon(): void {
  if (retry !== undefined) return;
  const waitMs = failures === 0 ? 0 : Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (failures - 1));
  failures++;
  retry = window.setTimeout(() => void look(), waitMs);
}

async function look(): Promise<void> {
  try {
    app.set(await server.app());
    retry = undefined;
  } catch {
    connection.set("gone");
    retry = undefined;
    return lookSoon();
  }
  const wasGone = connection.value === "gone";
  if (stream?.readyState === EventSource.OPEN) {
    connection.set("live");
    if (wasGone) refresh();
  } else {
    connection.set("reconnecting");
    // Otherwise the browser is about to.
    if (wasGone || stream?.readyState === EventSource.CLOSED) open();
  }
}

function rest(): void {
  stream?.close();
  stream = undefined;
  connection.set("reconnecting");
}

async function loadLog<T extends Placed>(log: Log<T>, list: () => Promise<readonly T[]>): Promise<void> {
  const newestBefore = log.newest;
  try {
    log.merge(await list(), newestBefore);
  } catch (thrown) {
    log.fail(problemOf(thrown));
  }
}

/** What fails here comes with the stream, or is asked for again when that begins anew. */
async function attempt(ask: () => Promise<void>): Promise<void> {
  try {
    await ask();
  } catch {
    // The connection's state, or the banner, tells.
    hasFailed = true;
  }
}
