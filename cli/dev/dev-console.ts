/** What the development server prints: where it is, each turn, and what is wrong with the code. */
import { relative, resolve } from "node:path";
import type { styleText } from "node:util";
import type { BuildProblem, Turn } from "../inspector/api";
import { style } from "../output/output";
import type { AfterProblems } from "./dev-server";
import { placeOf } from "./load-problem";

type Colour = Parameters<typeof styleText>[0];

const COLOURS: Readonly<Record<Turn["outcome"], Colour>> = {
  committed: "green",
  read: "green",
  repeated: "cyan",
  failed: "red",
  lost: "yellow",
};

const NEXT: Readonly<Record<AfterProblems, string>> = {
  "goes on": "The code before goes on running until a file is saved.",
  waits: "Waiting until a file is saved.",
  "starts again": "It is started again.",
};

export class DevConsole {
  private hasBegun = false;

  constructor(
    private readonly folder: string,
    private readonly isQuiet: boolean,
  ) {}

  started(url: string, entry: string, version: string): void {
    this.say(
      [
        "",
        `  ${style("bold", "durable-lambda")} ${style("dim", version)}`,
        "",
        `  Inspector  ${style("cyan", url)}`,
        `  Calls      POST ${url}/actors/{type}/{id}/{method}`,
        `  Entry      ${this.named(entry)}`,
        "  State      .durable/state.db",
        "",
      ].join("\n"),
    );
  }

  ready(actors: readonly string[], tookMs: number): void {
    const verb = this.hasBegun ? "reloaded" : "ready";
    this.hasBegun = true;
    this.line(style("green", verb), `${actors.join(", ")} ${style("dim", `${tookMs} ms`)}`);
  }

  problems(problems: readonly BuildProblem[], next: AfterProblems): void {
    for (const problem of problems) {
      const { message, file, line, column, text } = problem;
      this.line(style("red", "error"), message);
      if (file === undefined) continue;
      this.say(`          ${style("cyan", `${this.named(file)}:${line}:${column}`)}`);
      if (text !== undefined) this.say(`          ${text.trim()}`);
    }
    this.say(`          ${style("dim", NEXT[next])}`);
  }

  turn({
    actor,
    actorId,
    method,
    outcome,
    version,
    waitedMs,
    loadedMs = 0,
    ranMs = 0,
    committedMs = 0,
    ...turn
  }: Turn): void {
    if (this.isQuiet && outcome !== "failed") return;
    const ms = Math.round(waitedMs + loadedMs + ranMs + committedMs);
    const led = version === undefined ? "" : style("dim", ` v${version}`);
    const how = turn.kind === "call" ? "" : style("dim", ` ${turn.kind}`);
    this.line(
      style(COLOURS[outcome], outcome),
      `${actor}/${actorId} ${style("bold", method)}${how}${led} ${style("dim", `${ms} ms`)}`,
    );
    if (turn.message === undefined) return;
    this.say(`          ${turn.message}`);
    const { file, line, column } =
      turn.stack === undefined ? {} : (placeOf(turn.stack) as Partial<BuildProblem>);
    if (file !== undefined) this.say(`          ${style("cyan", `${this.named(file)}:${line}:${column}`)}`);
  }

  stopping(): void {
    this.say("");
    this.line("stopping", "turns that run may end");
  }

  private line(title: string, text: string): void {
    const time = new Date().toLocaleTimeString("en-GB");
    this.say(`${style("dim", time)}  ${title} ${text}`);
  }

  private say(text: string): void {
    process.stdout.write(`${text}\n`);
  }

  private named(file: string): string {
    return relative(this.folder, resolve(this.folder, file));
  }
}
