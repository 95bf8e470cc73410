/** The steps of an order, in their order. */
const STEPS = ["validate", "reserve", "charge", "ship"] as const;

export type StepName = (typeof STEPS)[number];

/** How far one step of an order is. */
export interface Step {
  readonly name: StepName;
  /** `compensated`: it was done, and a later step failed, so its effect was taken back. */
  status: "pending" | "done" | "compensated" | "failed";
  /** Why it failed. */
  reason?: string;
}

export const pendingSteps = (): Step[] => STEPS.map((name) => ({ name, status: "pending" }));
