/** moto's server, from PyPI: DynamoDB, SQS and EventBridge, with rules that reach its own queues. */
import { installed, run } from "./installed";
import type { StandIn } from "./stand-in";

const version = "5.2.5";
const PYTHON = "python3";

export const moto: StandIn = {
  name: "moto",
  title: `moto ${version}`,
  async install() {
    const wanted = `moto[server,dynamodb,sqs,events]==${version}`;
    // A folder of its own needs no rights, and no venv, which some systems have apart.
    const folder = await installed(`moto-${version}`, (partial) =>
      run(
        PYTHON,
        ["-m", "pip", "install", "-q", "--disable-pip-version-check", "--target", partial, wanted],
        partial,
      ),
    );
    await run(PYTHON, ["--version"], folder);
    return (port) => ({
      command: PYTHON,
      args: ["-m", "moto.server", "-H", "127.0.0.1", "-p", String(port)],
      env: { PYTHONPATH: folder },
    });
  },
  deviations: {
    dynamodb: [
      {
        reason: "A query of an index that is not there fails in other words, which do not say so.",
        tests: ["that a table made for an earlier release lacks is a typed error that says what to add"],
      },
    ],
    sqs: [
      {
        reason:
          "Several that wait for messages get some of the same group each, so that its order is lost. On AWS " +
          "nobody gets any of a group of which another has some.",
        tests: [
          "hands out a group to one of many who wait",
          "processes messages once each, in the order in which they were sent",
        ],
      },
      {
        reason:
          "When several messages of a group come again at the same time, it leaves out some, and hands out those behind them.",
        tests: [
          "hands out again what was handed back for a while, in order, and before what follows",
          "keeps the order of messages when one of them fails, and works later",
          "makes a message that fails a dead letter; those behind it go on, and redriven it works",
        ],
      },
      {
        reason: "Sequence numbers are random. On AWS they rise.",
        tests: ["numbers the messages of a group upwards, and tells the sender the same number"],
      },
      {
        reason: "The receipt of an earlier delivery changes a later one.",
        tests: ["does nothing for the receipt of an earlier delivery"],
      },
      {
        reason: "A deduplication id is forgotten when its message is deleted. AWS knows it for 5 minutes.",
        tests: ["drops it, also when the first is gone"],
      },
    ],
    eventbridge: [
      {
        reason: "An event has no account.",
        tests: ["delivers an event in the form in which EventBridge invokes a function"],
      },
      {
        reason:
          "PutEvents fails, with a page of HTML, when source or type has a quote in it, and a rule fits the event.",
        tests: ["keeps source, type and detail exactly as they are"],
      },
      {
        reason: "A detail that is JSON, but no object, is taken, or makes it fail. AWS refuses the event.",
        tests: ["[1]", "null", '"text"'].map(
          (detail) => `refuses a detail that is no JSON object: ${JSON.stringify(detail)}`,
        ),
      },
      {
        reason: "Sources that begin with aws. are taken.",
        tests: ["refuses a source that begins as those of AWS do"],
      },
      { reason: "TestEventPattern answers nothing.", tests: ["at the endpoint"] },
    ],
  },
};
