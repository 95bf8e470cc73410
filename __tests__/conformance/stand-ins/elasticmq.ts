/** ElasticMQ, a stand-in for SQS, from Maven. */
import { libraries } from "./maven";
import type { StandIn } from "./stand-in";

const version = "1.6.12";

export const elasticmq: StandIn = {
  name: "elasticmq",
  title: `ElasticMQ ${version}`,
  async install() {
    const artifact = { groupId: "org.elasticmq", artifactId: "elasticmq-server_2.13", version };
    const folder = await libraries(artifact);
    return (port) => ({
      command: "java",
      args: [
        ...[`-Drest-sqs.bind-port=${port}`, "-Drest-sqs.bind-hostname=127.0.0.1"],
        ...[`-Dnode-address.port=${port}`, "-Dnode-address.host=127.0.0.1", "-Drest-stats.enabled=false"],
        ...["-cp", `${folder}/*`, "org.elasticmq.server.Main"],
      ],
    });
  },
  deviations: {
    sqs: [
      {
        reason:
          "SendMessageBatch says no sequence numbers, though ReceiveMessage does. AWS says the same in both.",
        tests: ["numbers the messages of a group upwards, and tells the sender the same number"],
      },
      {
        reason: "A message or a batch has at most 256 KB. AWS takes 1 MiB.",
        tests: [
          "sends of one run are in more requests when one would be too large",
          "what SQS does not take is refused before anything is sent when it is too large",
        ],
      },
      {
        reason: "GetQueueAttributes leaves out how long messages are kept, and what makes a FIFO queue fast.",
        tests: ["creates queues with what they need"],
      },
    ],
  },
};
