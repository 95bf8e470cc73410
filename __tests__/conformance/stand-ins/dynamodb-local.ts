/** AWS's own stand-in for DynamoDB, from Maven. */
import { libraries } from "./maven";
import type { StandIn } from "./stand-in";

/** The last one that Maven has whole: of later ones the jar is missing there. */
const version = "2.6.1";

export const dynamodbLocal: StandIn = {
  name: "dynamodb-local",
  title: `DynamoDB Local ${version}`,
  async install() {
    const folder = await libraries({ groupId: "com.amazonaws", artifactId: "DynamoDBLocal", version });
    const main = "com.amazonaws.services.dynamodbv2.local.main.ServerRunner";
    return (port) => ({
      command: "java",
      args: [
        ...[`-Djava.library.path=${folder}`, "-cp", `${folder}/*`, main],
        // It cannot be told to listen on loopback alone.
        ...["-inMemory", "-disableTelemetry", "-port", String(port)],
      ],
    });
  },
  deviations: {},
};
