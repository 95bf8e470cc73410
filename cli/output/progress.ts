/** Shows that something takes its time: in a terminal, once it has taken a moment; elsewhere it is silent. */
import type { Output } from "./output";

/** What is quicker needs no word. */
const MOMENT_MS = 500;

/** Does the work, and says so meanwhile. @throws whatever the work throws */
export async function withProgress<T>(output: Output, text: string, work: () => Promise<T>): Promise<T> {
  if (output.isJson || !process.stderr.isTTY) return work();
  const { spinner } = await import("@clack/prompts");
  const shown = spinner({ output: process.stderr });
  let isShown = false;
  const timer = setTimeout(() => {
    isShown = true;
    shown.start(text);
  }, MOMENT_MS);
  try {
    return await work();
  } finally {
    clearTimeout(timer);
    if (isShown) shown.clear();
  }
}
