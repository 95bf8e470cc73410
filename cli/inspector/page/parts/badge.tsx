/** A short word about something, with a colour that says no more than the word. */
import type { ComponentChildren } from "preact";
import { Icon, type IconName } from "./icon";

export type Tone = "plain" | "good" | "bad" | "warn" | "info" | "accent" | "violet";

interface BadgeProps {
  readonly tone?: Tone;
  readonly icon?: IconName;
  readonly isPulsing?: boolean;
  readonly title?: string | undefined;
  readonly children: ComponentChildren;
}

export function Badge({ tone = "plain", icon, isPulsing = false, title, children }: BadgeProps) {
  return (
    <span class={`badge ${tone}`} title={title}>
      {isPulsing && <span class="dot pulsing" aria-hidden="true" />}
      {icon !== undefined && <Icon name={icon} />}
      {children}
    </span>
  );
}

export function Kbd({ children }: { readonly children: ComponentChildren }) {
  return <kbd class="kbd">{children}</kbd>;
}
