/** All keys, as the help shows them. */

export interface Shortcut {
  /** Each of them alone, or a sequence when it has a space. */
  readonly keys: readonly string[];
  readonly meaning: string;
}

export const SHORTCUTS: readonly { readonly title: string; readonly shortcuts: readonly Shortcut[] }[] = [
  {
    title: "Go to",
    shortcuts: [
      { keys: ["g a"], meaning: "Actors" },
      { keys: ["g t"], meaning: "Turns" },
      { keys: ["g e"], meaning: "Events" },
      { keys: ["g d"], meaning: "Dead letters" },
      { keys: ["Esc"], meaning: "Back, or close" },
    ],
  },
  {
    title: "In a list",
    shortcuts: [
      { keys: ["j", "↓"], meaning: "Next" },
      { keys: ["k", "↑"], meaning: "Previous" },
      { keys: ["Enter"], meaning: "Open" },
      { keys: ["→", "←"], meaning: "Show details, hide them" },
      { keys: ["/"], meaning: "Search" },
      { keys: ["n"], meaning: "New actor" },
      { keys: ["p"], meaning: "Pause turns, go on" },
    ],
  },
  {
    title: "At an actor",
    shortcuts: [
      { keys: ["1 … 5"], meaning: "State, turns, reminders, outbox, inbox" },
      { keys: ["c"], meaning: "Call a method" },
      { keys: ["Ctrl Enter"], meaning: "Run the call" },
      { keys: ["r"], meaning: "Load it again" },
    ],
  },
  {
    title: "In a state",
    shortcuts: [
      { keys: ["→", "←"], meaning: "Open, close" },
      { keys: ["*"], meaning: "Open all beside it" },
      { keys: ["y"], meaning: "Copy the value" },
      { keys: ["Y"], meaning: "Copy the path" },
    ],
  },
];
