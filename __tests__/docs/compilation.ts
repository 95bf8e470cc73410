/** Compiles the modules of all pages in one program, with the project's options. */
import { dirname, join } from "node:path";
import ts from "typescript";
import { ROOT } from "./page";
import type { Snippet } from "./snippets";

/** What differs from the project's own options, since examples show things that nothing uses, and wait where they like. */
const FOR_EXAMPLES: ts.CompilerOptions = {
  noUnusedLocals: false,
  module: ts.ModuleKind.Preserve,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
};

export function projectOptions(): ts.CompilerOptions {
  const read = ts.readConfigFile(join(ROOT, "tsconfig.json"), ts.sys.readFile);
  return ts.parseJsonConfigFileContent(read.config, ts.sys, ROOT).options;
}

/** What does not compile, each as `page:line: message`. */
export function compile(snippets: readonly Snippet[]): string[] {
  const options = { ...projectOptions(), ...FOR_EXAMPLES };
  const byFile = new Map(snippets.map((snippet) => [snippet.file, snippet]));
  const program = ts.createProgram([...byFile.keys()], options, hostWith(byFile, options));
  const found = [...program.getOptionsDiagnostics(), ...program.getGlobalDiagnostics()].map(messageOf);
  for (const { file, page, origins } of snippets) {
    const source = program.getSourceFile(file);
    const diagnostics = [
      ...program.getSyntacticDiagnostics(source),
      ...program.getSemanticDiagnostics(source),
    ];
    for (const diagnostic of diagnostics) {
      const { line } = ts.getLineAndCharacterOfPosition(source as ts.SourceFile, diagnostic.start ?? 0);
      found.push(`${page}:${origins[line]}: ${messageOf(diagnostic)}`);
    }
  }
  return found;
}

/** Files of the disk that one program has read, for the next one. */
const sources = new Map<string, ts.SourceFile>();

/** The files of the disk, and the modules beside them. */
function hostWith(byFile: ReadonlyMap<string, Snippet>, options: ts.CompilerOptions): ts.CompilerHost {
  const host = ts.createCompilerHost(options);
  const folders = new Set(Array.from(byFile.keys(), dirname));
  const { fileExists, directoryExists, readFile, getSourceFile } = host;
  host.fileExists = (name) => byFile.has(name) || fileExists(name);
  host.directoryExists = (name) => folders.has(name) || directoryExists?.(name) === true;
  host.readFile = (name) => byFile.get(name)?.text ?? readFile(name);
  host.getSourceFile = (name, version, ...rest) => {
    const snippet = byFile.get(name);
    if (snippet !== undefined) return ts.createSourceFile(name, snippet.text, version, true);
    const source = sources.get(name) ?? getSourceFile(name, version, ...rest);
    if (source !== undefined) sources.set(name, source);
    return source;
  };
  host.resolveModuleNameLiterals = (literals, containing, redirected, compilerOptions) => {
    const resolve = (name: string, from: string) =>
      ts.resolveModuleName(name, from, compilerOptions, host, undefined, redirected);
    return literals.map(({ text }) => {
      const resolved = resolve(text, containing);
      const page = byFile.get(containing)?.page;
      // A relative name is another module of the page, or else a file beside it.
      return resolved.resolvedModule === undefined && page !== undefined
        ? resolve(text, join(ROOT, page))
        : resolved;
    });
  };
  return host;
}

function messageOf({ messageText, code }: ts.Diagnostic): string {
  return `${ts.flattenDiagnosticMessageText(messageText, "\n")} (TS${code})`;
}
