/** Says that the server is gone, and how to bring it back. */
import { CopyButton } from "../parts/button";
import { Icon } from "../parts/icon";
import { connection } from "../server/connection";
import { useCell } from "../state/cell";

const COMMAND = "npx durable-lambda dev";

export function GoneBanner() {
  if (useCell(connection) !== "gone") return null;
  return (
    <div class="gone-banner" role="alert">
      <Icon name="plug" />
      <p>
        The app is not running. Start it: <code>{COMMAND}</code>
        <CopyButton text={() => COMMAND} label="Copy the command" />
        <small> This page goes on by itself once it is back.</small>
      </p>
    </div>
  );
}
