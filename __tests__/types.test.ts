/** The types that users get: `support/types-cases.ts` says what compiles and what does not, this compiles it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

const PROJECT = join(__dirname, "..");
const casesIn = (file: string) => join(__dirname, "support", file);

/** The error codes that the comments announce, by the line to which each applies. */
function announced(source: string): Map<number, string[]> {
  const lines = source.split("\n");
  return new Map(
    lines.flatMap((line, index) => {
      const codes = /@ts-expect-error ((?:TS\d+ ?)+):/.exec(line)?.[1]?.split(" ");
      return codes === undefined ? [] : [[index + 1, codes.sort()] as const];
    }),
  );
}

/** Compiles cases with the project's options, as if the comments were not there. */
function compile(cases: string, source: string, more: ts.CompilerOptions): Map<number, string[]> {
  const read = ts.readConfigFile(join(PROJECT, "tsconfig.json"), ts.sys.readFile);
  const options = { ...ts.parseJsonConfigFileContent(read.config, ts.sys, PROJECT).options, ...more };
  const host = ts.createCompilerHost(options);
  const readFile = host.getSourceFile.bind(host);
  const bared = source.replaceAll("@ts-expect-error", "ts-expect-error");
  host.getSourceFile = (name, languageVersion, ...rest) =>
    name === cases
      ? ts.createSourceFile(name, bared, languageVersion)
      : readFile(name, languageVersion, ...rest);
  const program = ts.createProgram([cases], options, host);

  const found = new Map<number, string[]>();
  for (const { file, start, code, messageText } of [
    ...program.getOptionsDiagnostics(),
    ...program.getGlobalDiagnostics(),
    ...program.getSyntacticDiagnostics(program.getSourceFile(cases)),
    ...program.getSemanticDiagnostics(program.getSourceFile(cases)),
  ]) {
    if (file?.fileName !== cases || start === undefined) {
      throw new Error(ts.flattenDiagnosticMessageText(messageText, "\n"));
    }
    // By the line before, which is the one with the comment.
    const line = file.getLineAndCharacterOfPosition(start).line;
    found.set(line, [...(found.get(line) ?? []), `TS${code}`].sort());
  }
  return found;
}

describe("the types", () => {
  it.each<[string, string, ts.CompilerOptions, number]>([
    ["of everything", "types-cases.ts", {}, 40],
    ["of input schemas, with legacy decorators", "types-input-cases.ts", {}, 15],
    ["of input schemas, with standard ones", "types-input-cases.ts", { experimentalDecorators: false }, 15],
    ["of handlers", "types-durable-cases.ts", {}, 20],
  ])(
    "%s accept and refuse exactly what the cases say, each for the reason that it gives",
    (_what, file, more, least) => {
      const cases = casesIn(file);
      const source = readFileSync(cases, "utf8");
      const expected = announced(source);
      expect(expected.size).toBeGreaterThan(least);
      expect(source.match(/@ts-expect-error/g)?.length).toBe(expected.size + 1);
      const describeLines = (codes: ReadonlyMap<number, string[]>) =>
        Array.from(
          codes,
          ([line, all]) => `${line}: ${all.join(" ")} — ${source.split("\n")[line]?.trim()}`,
        ).sort();
      expect(describeLines(compile(cases, source, more))).toEqual(describeLines(expected));
    },
  );
});
