/** What is pressed. */
import type { ComponentChildren, Ref } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Icon, type IconName } from "./icon";

interface ButtonProps {
  readonly onClick?: (() => void) | undefined;
  readonly kind?: "plain" | "primary" | "danger" | "quiet";
  readonly icon?: IconName;
  readonly isSmall?: boolean;
  readonly isBusy?: boolean;
  readonly isDisabled?: boolean;
  readonly type?: "button" | "submit";
  readonly title?: string;
  readonly buttonRef?: Ref<HTMLButtonElement>;
  readonly children: ComponentChildren;
}

export function Button({
  onClick,
  kind = "plain",
  icon,
  isSmall = false,
  isBusy = false,
  isDisabled = false,
  type = "button",
  title,
  buttonRef = null,
  children,
}: ButtonProps) {
  return (
    <button
      type={type}
      ref={buttonRef}
      class={`button ${kind} ${isSmall ? "small" : ""} ${isBusy ? "busy" : ""}`}
      disabled={isDisabled}
      aria-busy={isBusy}
      title={title}
      onClick={isBusy ? undefined : onClick}
    >
      {icon !== undefined && <Icon name={icon} />}
      <span>{children}</span>
    </button>
  );
}

interface IconButtonProps {
  readonly icon: IconName;
  /** What it does, for those who cannot see it, and as its tip. */
  readonly label: string;
  readonly onClick: (event: MouseEvent) => void;
  readonly tabIndex?: number;
  readonly class?: string;
}

export function IconButton({ icon, label, onClick, tabIndex = 0, class: extra = "" }: IconButtonProps) {
  return (
    <button
      type="button"
      class={`icon-button ${extra}`}
      aria-label={label}
      title={label}
      tabIndex={tabIndex}
      onClick={onClick}
    >
      <Icon name={icon} />
    </button>
  );
}

const COPIED_MS = 1_500;

interface CopyButtonProps {
  readonly text: () => string;
  readonly label: string;
  readonly icon?: IconName;
  readonly tabIndex?: number;
}

export function CopyButton({ text, label, icon = "copy", tabIndex = 0 }: CopyButtonProps) {
  const [isCopied, setCopied] = useState(false);
  const timer = useRef<number | undefined>(undefined);
  useEffect(() => () => window.clearTimeout(timer.current), []);
  const copyIt = async (event: MouseEvent) => {
    event.stopPropagation();
    await copy(text());
    setCopied(true);
    window.clearTimeout(timer.current);
    timer.current = window.setTimeout(() => setCopied(false), COPIED_MS);
  };
  return (
    <IconButton
      icon={isCopied ? "check" : icon}
      label={isCopied ? "Copied" : label}
      class={isCopied ? "copied" : ""}
      tabIndex={tabIndex}
      onClick={(event) => void copyIt(event)}
    />
  );
}

export async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Pages that came by plain HTTP from another machine have no clipboard of that kind.
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
}
