/** What the simulated app's resources are called. */
export const TABLES = { state: "State", workflows: "Workflows" } as const;
export const QUEUES = {
  messages: "https://sqs.test/Messages.fifo",
  wakes: "https://sqs.test/Wakes",
  deadLetters: "https://sqs.test/DeadLetters.fifo",
} as const;
export const BUS = "Bus";
export const FUNCTION = "Router";
