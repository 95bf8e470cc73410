/** Does a job's work. What it does outside may happen again after a crash, with the same key. */
export type Task = (idempotencyKey: string) => void | Promise<void>;

/** What jobs can do, by its name: functions are code, and state holds data. */
export const tasks = new Map<string, Task>([
  ["tidy up", () => {}],
  [
    "back up",
    () => {
      throw new Error("the disk is full");
    },
  ],
]);
