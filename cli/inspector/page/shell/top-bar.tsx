/** What holds for the whole app: its name, its build, its queues, the connection to it. */
import { IconButton } from "../parts/button";
import type { IconName } from "../parts/icon";
import { hrefOf } from "../routing/route";
import { connection } from "../server/connection";
import { app } from "../state/app";
import { useCell } from "../state/cell";
import { setTheme, THEMES, type Theme, theme } from "../state/theme";
import { BuildPill } from "./build-status";
import { QueueDepths } from "./queue-depths";

export function TopBar({ onHelp }: { readonly onHelp: () => void }) {
  const info = useCell(app);
  return (
    <header class="top-bar">
      <a class="brand" href={hrefOf({ page: "actors" })} aria-label="durable-lambda inspector, to the actors">
        <Mark />
        <span class="brand-name">{info?.name ?? "durable-lambda"}</span>
      </a>
      {info !== undefined && <span class={`mode ${info.mode}`}>{info.mode}</span>}
      <span class="spring" />
      <QueueDepths />
      <BuildPill build={info?.build} />
      <ConnectionState />
      <span class="top-tools">
        <ThemeSwitch />
        <IconButton icon="keyboard" label="Keys (?)" onClick={onHelp} />
      </span>
    </header>
  );
}

function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="8" />
      <path d="M10.5 8.5h2.6c.9 0 1.4.5 1.7 1.3l5.1 12.4c.3.8.8 1.3 1.7 1.3h.9M15.2 14.2l-5.2 9.3" />
    </svg>
  );
}

const STATES = {
  connecting: { text: "Connecting", title: "Waiting for the first answer" },
  live: { text: "Live", title: "What happens appears here as it happens" },
  reconnecting: { text: "Reconnecting", title: "The stream broke: it is being taken up again" },
  gone: { text: "Not running", title: "The app does not answer" },
} as const;

function ConnectionState() {
  const state = useCell(connection);
  const { text, title } = STATES[state];
  return (
    <span class={`connection ${state}`} role="status" title={title}>
      <span class="dot" aria-hidden="true" />
      <span class="connection-text">{text}</span>
    </span>
  );
}

const THEME_ICONS: Readonly<Record<Theme, IconName>> = { auto: "auto", light: "sun", dark: "moon" };
const THEME_NAMES: Readonly<Record<Theme, string>> = {
  auto: "as the system has it",
  light: "light",
  dark: "dark",
};

function ThemeSwitch() {
  const current = useCell(theme);
  const next = THEMES[(THEMES.indexOf(current) + 1) % THEMES.length] as Theme;
  return (
    <IconButton
      icon={THEME_ICONS[current]}
      label={`Theme: ${THEME_NAMES[current]}. Change to ${THEME_NAMES[next]}`}
      onClick={() => setTheme(next)}
    />
  );
}
