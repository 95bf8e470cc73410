/**
 * Runs the modules of a page in this process, each once, and what they import before them: the package's sources, other modules
 * of the page, files beside it. Examples of tests are tests of the test that runs them, since `test` and `expect` are its own.
 */
import { join, posix } from "node:path";
import ts from "typescript";
import { projectOptions } from "./compilation";
import { importedModules, parse } from "./names";
import { ROOT } from "./page";
import { meant, type StatedResult, WITNESS, witnessed } from "./results";
import type { Snippet } from "./snippets";

interface Evaluation {
  readonly exports: Record<string, unknown>;
  /** Top-level code may wait. Until then the exports are those that are there so far. */
  done: Promise<void>;
}

/** A result that was stated, and the one that there was. */
export interface Witnessed extends StatedResult {
  readonly meant: unknown;
  readonly given: unknown;
}

type AsyncModule = (
  exports: object,
  load: (name: string) => unknown,
  witness: <T>(line: number, value: T) => T,
) => Promise<void>;
const AsyncFunction = (async () => {}).constructor as new (...args: string[]) => AsyncModule;

export class Notebook {
  readonly #byFile: ReadonlyMap<string, Snippet>;
  readonly #evaluated = new Map<string, Evaluation>();
  readonly #begun = new Set<Snippet>();
  readonly #given = new Map<Snippet, Map<number, unknown>>();

  constructor(snippets: readonly Snippet[]) {
    this.#byFile = new Map(snippets.map((snippet) => [snippet.file, snippet]));
  }

  /** Runs a module, and before it those that it needs. */
  async run(snippet: Snippet): Promise<Witnessed[]> {
    this.#begun.add(snippet);
    // Two may need each other, as the methods of their classes do.
    for (const needed of this.#neededBy(snippet)) if (!this.#begun.has(needed)) await this.run(needed);
    await this.#evaluate(snippet).done;
    const given = this.#given.get(snippet);
    return witnessed(snippet.text).results.map((result) => {
      if (given?.has(result.line) !== true)
        throw new Error(`Nothing came of the line that states ${result.stated}.`);
      return { ...result, meant: meant(result.stated), given: given.get(result.line) };
    });
  }

  /** Runs a module that declares tests: they may only be declared at once. */
  declareTests(snippet: Snippet): Promise<void> {
    return this.#evaluate(snippet).done;
  }

  #neededBy(snippet: Snippet): Snippet[] {
    return importedModules(parse(snippet.text)).flatMap((name) => this.#moduleOf(snippet, name) ?? []);
  }

  #moduleOf({ file }: Snippet, name: string): Snippet | undefined {
    return name.startsWith(".") ? this.#byFile.get(`${posix.join(posix.dirname(file), name)}.ts`) : undefined;
  }

  #evaluate(snippet: Snippet): Evaluation {
    const known = this.#evaluated.get(snippet.file);
    if (known !== undefined) return known;
    const { text } = witnessed(snippet.text);
    const compilerOptions = { ...projectOptions(), module: ts.ModuleKind.CommonJS };
    const { outputText } = ts.transpileModule(text, { compilerOptions, fileName: snippet.file });
    const given = new Map<number, unknown>();
    this.#given.set(snippet, given);
    const evaluation: Evaluation = { exports: {}, done: Promise.resolve() };
    this.#evaluated.set(snippet.file, evaluation);
    evaluation.done = new AsyncFunction("exports", "require", WITNESS, outputText)(
      evaluation.exports,
      (name) => this.#load(snippet, name),
      (line, value) => {
        given.set(line, value);
        return value;
      },
    );
    return evaluation;
  }

  #load(snippet: Snippet, name: string): unknown {
    const module = this.#moduleOf(snippet, name);
    if (module !== undefined) return this.#evaluate(module).exports;
    return require(name.startsWith(".") ? join(ROOT, snippet.page, "..", name) : name);
  }
}
