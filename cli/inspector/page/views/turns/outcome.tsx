/** What became of a turn: by icon and word, with a colour of its own. */
import type { Turn } from "../../../api";
import { Icon, type IconName } from "../../parts/icon";

type Name = Turn["outcome"];

export const OUTCOMES: Readonly<Record<Name, { readonly icon: IconName; readonly meaning: string }>> = {
  committed: { icon: "check", meaning: "What it did is kept" },
  read: { icon: "eye", meaning: "A readonly call: it has nothing to keep" },
  repeated: { icon: "repeat", meaning: "It had been applied before, and got its first answer" },
  failed: { icon: "cross", meaning: "It was rolled back, or never began" },
  lost: {
    icon: "lost",
    meaning: "Its method ended, but its commit was refused, or nobody knows whether it was applied",
  },
};

export function Outcome({ name }: { readonly name: Name }) {
  const { icon, meaning } = OUTCOMES[name] ?? OUTCOMES.lost;
  return (
    <span class={`outcome ${name}`} title={meaning}>
      <Icon name={icon} />
      {name}
    </span>
  );
}
