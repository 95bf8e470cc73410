/** The shop on AWS: `npx cdk deploy --app "npx tsx samples/shop/stack.ts"`. */
import { App, CfnOutput, Stack } from "aws-cdk-lib";
import { ActorApp } from "durable-lambda/infra";

const app = new App();
const stack = new Stack(app, "DurableShop");
const { router } = new ActorApp(stack, "App", { entry: "samples/shop/actors.ts" });
new CfnOutput(stack, "Router", { value: router.functionName });
app.synth();
