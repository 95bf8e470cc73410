/** Starts the page. */
import { render } from "preact";
import { App } from "./app";
import { listenToKeys } from "./keyboard/keys";
import { startLive } from "./server/live";
import { applyTheme } from "./state/theme";

applyTheme();
listenToKeys();
startLive();
render(<App />, document.getElementById("app") as HTMLElement);

// biome-ignore lint/complexity/noUselessEmptyExport: bundlers take a file without exports for CommonJS, and wrap all modules for it
export {};
