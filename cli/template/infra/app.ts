/** The app on AWS: `npm run synth` makes its template, `npm run deploy` deploys it. */
import { App, CfnOutput, Stack } from "aws-cdk-lib";
import { ActorApp } from "durable-lambda/infra";

const app = new App();
const stack = new Stack(app, "MyApp");
// Tables, queues, a bus with its rules, the function that runs the actors, and alarms.
const actors = new ActorApp(stack, "Actors", { entry: "src/actors.ts" });
new CfnOutput(stack, "Router", { value: actors.router.functionName });
