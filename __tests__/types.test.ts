/** The types that users get: `support/types-cases.ts` says what compiles and what does not, this compiles it. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

const PROJECT = join(__dirname, "..");
const casesIn = (file: string) => join(__dirname, "support", file);
const SEED_FORM = join(__dirname, "fixtures/seed-form");
/** What this project's options have beyond `strict`. */
const ONLY_STRICT: ts.CompilerOptions = {
  noUncheckedIndexedAccess: false,
  exactOptionalPropertyTypes: false,
  noImplicitOverride: false,
  noFallthroughCasesInSwitch: false,
  noUnusedLocals: false,
  noUnusedParameters: false,
};

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

interface Finding {
  readonly file: string;
  /** The line before, which is the one with the comment. */
  readonly line: number;
  readonly code: string;
}

/**
 * Compiles files with the project's options, as if the comments were not there.
 * @param texts by their names; they need not be there
 */
function compile(texts: ReadonlyMap<string, string>, more: ts.CompilerOptions): Finding[] {
  const read = ts.readConfigFile(join(PROJECT, "tsconfig.json"), ts.sys.readFile);
  const options = { ...ts.parseJsonConfigFileContent(read.config, ts.sys, PROJECT).options, ...more };
  const host = ts.createCompilerHost(options);
  const readFile = host.getSourceFile.bind(host);
  host.getSourceFile = (name, languageVersion, ...rest) => {
    const bared = texts.get(name)?.replaceAll("@ts-expect-error", "ts-expect-error");
    return bared === undefined
      ? readFile(name, languageVersion, ...rest)
      : ts.createSourceFile(name, bared, languageVersion);
  };
  host.fileExists = (name) => texts.has(name) || ts.sys.fileExists(name);
  const program = ts.createProgram([...texts.keys()], options, host);
  const files = Array.from(texts.keys(), (name) => program.getSourceFile(name));
  return [
    ...program.getOptionsDiagnostics(),
    ...program.getGlobalDiagnostics(),
    ...files.flatMap((file) => [
      ...program.getSyntacticDiagnostics(file),
      ...program.getSemanticDiagnostics(file),
    ]),
  ].map(({ file, start, code, messageText }) => {
    if (file === undefined || start === undefined || !texts.has(file.fileName)) {
      throw new Error(ts.flattenDiagnosticMessageText(messageText, "\n"));
    }
    const { line } = file.getLineAndCharacterOfPosition(start);
    return { file: file.fileName, line, code: `TS${code}` };
  });
}

/** The error codes that cases lead to, by the line before. */
function found(cases: string, source: string, more: ts.CompilerOptions): Map<number, string[]> {
  const findings = Map.groupBy(compile(new Map([[cases, source]]), more), ({ line }) => line);
  return new Map(Array.from(findings, ([line, all]) => [line, all.map(({ code }) => code).sort()]));
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
      expect(describeLines(found(cases, source, more))).toEqual(describeLines(expected));
    },
  );

  test("of an untyped request let the handlers in fixtures/seed-form compile in a strict project", () => {
    const texts = new Map(
      readdirSync(SEED_FORM).map((name) => [
        join(SEED_FORM, name),
        readFileSync(join(SEED_FORM, name), "utf8"),
      ]),
    );
    expect(texts.size).toBe(7);
    // One that must not: they are looked at.
    const wrong = join(SEED_FORM, "wrong.ts");
    const text = `import { durable } from "durable-lambda"
      durable<{ count: number }>((ctx, request) => ctx.state.total + request.total)`;
    expect(compile(texts.set(wrong, text), ONLY_STRICT)).toEqual([{ file: wrong, line: 1, code: "TS2339" }]);
  });
});
