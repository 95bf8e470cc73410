/** The same source through each compiler and each decorator mode that users have, and evaluated. */
import { transformSync } from "esbuild";
import ts from "typescript";

export interface Compiler {
  readonly name: string;
  readonly decorators: "legacy" | "standard";
  compile(source: string): string;
}

function typescript(decorators: Compiler["decorators"], target: ts.ScriptTarget): Compiler {
  return {
    name: `TypeScript to ${ts.ScriptTarget[target]}, ${decorators} decorators`,
    decorators,
    compile: (source) =>
      ts.transpileModule(source, {
        reportDiagnostics: true,
        compilerOptions: {
          module: ts.ModuleKind.CommonJS,
          target,
          experimentalDecorators: decorators === "legacy",
        },
      }).outputText,
  };
}

function esbuild(decorators: Compiler["decorators"], target: string): Compiler {
  return {
    name: `esbuild to ${target}, ${decorators} decorators`,
    decorators,
    compile: (source) =>
      transformSync(source, {
        loader: "ts",
        format: "cjs",
        target,
        tsconfigRaw: { compilerOptions: { experimentalDecorators: decorators === "legacy" } },
      }).code,
  };
}

export const compilers: readonly Compiler[] = (["legacy", "standard"] as const).flatMap((decorators) => [
  // To ES2017, fields are assigned; from ES2022 on, they are defined.
  typescript(decorators, ts.ScriptTarget.ES2017),
  typescript(decorators, ts.ScriptTarget.ES2022),
  esbuild(decorators, "es2017"),
  esbuild(decorators, "node22"),
]);

/** Runs a CommonJS module and gives its exports. */
export function evaluate(code: string, modules: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const exports: Record<string, unknown> = {};
  const module = { exports };
  const load = (name: string): unknown => {
    if (name in modules) return modules[name];
    throw new Error(`The module asks for ${name}.`);
  };
  new Function("exports", "module", "require", code)(exports, module, load);
  return module.exports;
}
