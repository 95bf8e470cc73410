/** The types that users get: `support/types-cases.ts` says what compiles and what does not, this compiles it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

const PROJECT = join(__dirname, "..");
const CASES = join(__dirname, "support", "types-cases.ts");

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

/** Compiles the cases with the project's options, as if the comments were not there. */
function compile(source: string): Map<number, string[]> {
  const read = ts.readConfigFile(join(PROJECT, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(read.config, ts.sys, PROJECT);
  const host = ts.createCompilerHost(options);
  const readFile = host.getSourceFile.bind(host);
  const bared = source.replaceAll("@ts-expect-error", "ts-expect-error");
  host.getSourceFile = (name, languageVersion, ...rest) =>
    name === CASES
      ? ts.createSourceFile(name, bared, languageVersion)
      : readFile(name, languageVersion, ...rest);
  const program = ts.createProgram([CASES], options, host);

  const found = new Map<number, string[]>();
  for (const { file, start, code, messageText } of [
    ...program.getOptionsDiagnostics(),
    ...program.getGlobalDiagnostics(),
    ...program.getSyntacticDiagnostics(program.getSourceFile(CASES)),
    ...program.getSemanticDiagnostics(program.getSourceFile(CASES)),
  ]) {
    if (file?.fileName !== CASES || start === undefined) {
      throw new Error(ts.flattenDiagnosticMessageText(messageText, "\n"));
    }
    // By the line before, which is the one with the comment.
    const line = file.getLineAndCharacterOfPosition(start).line;
    found.set(line, [...(found.get(line) ?? []), `TS${code}`].sort());
  }
  return found;
}

describe("the types", () => {
  it("accept and refuse exactly what the cases say, each for the reason that it gives", () => {
    const source = readFileSync(CASES, "utf8");
    const expected = announced(source);
    expect(expected.size).toBeGreaterThan(40);
    expect(source.match(/@ts-expect-error/g)?.length).toBe(expected.size + 1);
    const describeLines = (codes: ReadonlyMap<number, string[]>) =>
      Array.from(
        codes,
        ([line, all]) => `${line}: ${all.join(" ")} — ${source.split("\n")[line]?.trim()}`,
      ).sort();
    expect(describeLines(compile(source))).toEqual(describeLines(expected));
  });
});
