/** LocalStack: nothing is installed here, whoever has one names its endpoint, with `--as localstack`. */
import type { StandIn } from "./stand-in";

export const localstack: Pick<StandIn, "name" | "deviations"> = {
  name: "localstack",
  deviations: {
    sqs: [
      {
        reason: "A message or a batch has at most 256 KB. AWS takes 1 MiB.",
        tests: [
          "sends of one run are in more requests when one would be too large",
          "what SQS does not take is refused before anything is sent when it is too large",
        ],
      },
      {
        reason: "The receipt of an earlier delivery changes a later one.",
        tests: ["does nothing for the receipt of an earlier delivery"],
      },
    ],
    eventbridge: [
      {
        reason: "Sources that begin with aws. are taken.",
        tests: ["refuses a source that begins as those of AWS do"],
      },
      {
        reason:
          "Event patterns with rare conditions match otherwise, or are not refused: __tests__/support/event-patterns.ts marks which.",
        tests: ["(not on LocalStack)"],
      },
    ],
  },
};
