/** What somebody is asked who is at a terminal and has left out where the app goes. */
import { UsageError } from "../output/usage-error";
import type { Clack } from "./clack";

/** The part of `@clack/prompts` that is needed here. */
export type Prompts = Pick<Clack, "text" | "confirm" | "isCancel">;

export interface Questions {
  /** What the folder is when nobody writes one. */
  readonly folder: string;
  /** What is wrong with a folder; undefined when it will do. */
  readonly problemOf: (folder: string) => string | undefined;
  /** Asked unless it is undefined. */
  readonly install?: string;
}

export interface Answers {
  readonly folder: string;
  readonly install: boolean;
}

/** @throws UsageError when the questions are left */
export async function ask(
  { text, confirm, isCancel }: Prompts,
  { folder, problemOf, install }: Questions,
): Promise<Answers> {
  const answered = <T>(answer: T): Exclude<T, symbol> => {
    if (isCancel(answer)) throw new UsageError("Nothing was created.");
    return answer as Exclude<T, symbol>;
  };
  const where = await text({
    message: "Where does the app go?",
    placeholder: folder,
    defaultValue: folder,
    validate: (given) => problemOf(given || folder),
  });
  return {
    folder: answered(where),
    install: install === undefined || answered(await confirm({ message: install })),
  };
}
