/** Dark, light, or as the system has it; remembered. */
import { Cell } from "./cell";

export const THEMES = ["auto", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const KEY = "durable-lambda.theme";

export const theme = new Cell<Theme>(remembered());

export function setTheme(next: Theme): void {
  theme.set(next);
  applyTheme();
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // Storage is off: it holds until the page is left.
  }
}

export function applyTheme(): void {
  document.documentElement.dataset.theme = theme.value;
}

function remembered(): Theme {
  try {
    const stored = localStorage.getItem(KEY);
    return THEMES.find((one) => one === stored) ?? "auto";
  } catch {
    return "auto";
  }
}
