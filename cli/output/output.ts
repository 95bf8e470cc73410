/**
 * What a command prints: its result on stdout, for people or, with `--json`, for programs; everything else on stderr. Colours only
 * where a terminal shows them, and nobody has said `NO_COLOR`.
 */
import { inspect, styleText } from "node:util";

export type Style = Parameters<typeof styleText>[0];

export class Output {
  constructor(readonly isJson: boolean) {}

  /** @param people how people read it; default: as Node shows a value */
  result(value: unknown, people: () => string = () => this.shown(value)): void {
    process.stdout.write(`${this.isJson ? JSON.stringify(value) : people()}\n`);
  }

  /** Something on the way. Programs do not get it. */
  note(text: string): void {
    if (!this.isJson) process.stderr.write(`${text}\n`);
  }

  shown(value: unknown): string {
    return inspect(value, { colors: hasColours(process.stdout), depth: null, maxArrayLength: 1_000 });
  }

  /** Columns that are as wide as they must be; empty text for no rows. */
  table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
    const widths = titles.map((title, column) =>
      Math.max(title.length, ...rows.map((row) => visible(row[column] ?? "").length)),
    );
    const line = (cells: readonly string[]) =>
      cells
        .map((cell, column) => cell + " ".repeat(Math.max(0, (widths[column] ?? 0) - visible(cell).length)))
        .join("  ")
        .trimEnd();
    return [style("dim", line(titles)), ...rows.map(line)].join("\n");
  }
}

export function style(format: Style, text: string, stream: NodeJS.WriteStream = process.stdout): string {
  return styleText(format, text, { stream });
}

function hasColours(stream: NodeJS.WriteStream): boolean {
  return style("red", "x", stream) !== "x";
}

/** As wide as a terminal shows it. */
function visible(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the sequences that colour text begin with one
  return text.replace(/\u001b\[[\d;]*m/g, "");
}
