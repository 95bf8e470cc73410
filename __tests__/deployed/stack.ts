/** The stack of a test's app, under a name of its own; run by the CDK's command line. */
import { App, CfnOutput, Duration, RemovalPolicy, Stack } from "aws-cdk-lib";
import { ActorApp } from "durable-lambda/infra";

/** `deployed-app.ts` says these. */
const {
  DURABLE_TEST_STACK: name = "",
  DURABLE_TEST_ENTRY: entry = "",
  DURABLE_TEST_TIMEOUT: timeoutSeconds,
} = process.env;

const app = new App();
const stack = new Stack(app, name);
const deployed = new ActorApp(stack, "App", {
  entry,
  timeout: Duration.seconds(Number(timeoutSeconds)),
  memorySize: 512,
  removalPolicy: RemovalPolicy.DESTROY,
});

const variables = {
  DURABLE_TABLE: deployed.table.tableName,
  WORKFLOW_TABLE: deployed.workflowTable.tableName,
  DURABLE_QUEUE: deployed.queue.queueUrl,
  DURABLE_WAKE_QUEUE: deployed.wakeQueue.queueUrl,
  DURABLE_DEAD_LETTER_QUEUE: deployed.deadLetterQueue.queueUrl,
  DURABLE_BUS_NAME: deployed.bus.eventBusName,
  DURABLE_ROUTER: deployed.router.functionName,
};
// Outputs have names without underscores.
for (const [variable, value] of Object.entries(variables)) {
  new CfnOutput(stack, variable.replaceAll("_", ""), { value, description: variable });
}
app.synth();
