/** The API and its actors on AWS: `npx cdk deploy --app "npx tsx samples/api/stack.ts"`. */
import { App, CfnOutput, Duration, Stack } from "aws-cdk-lib";
import { Architecture, FunctionUrlAuthType, Runtime } from "aws-cdk-lib/aws-lambda";
import { NodejsFunction } from "aws-cdk-lib/aws-lambda-nodejs";
import { ActorApp } from "durable-lambda/infra";

const app = new App();
const stack = new Stack(app, "DurableSeats");
const actors = new ActorApp(stack, "Actors", { entry: "samples/api/actors.ts" });
const api = new NodejsFunction(stack, "Api", {
  entry: "samples/api/lambda.ts",
  runtime: Runtime.NODEJS_24_X,
  architecture: Architecture.ARM_64,
  memorySize: 512,
  timeout: Duration.seconds(10),
  // All that it needs, in the version with which it was tested.
  bundling: { minify: true, externalModules: [] },
});
actors.grantCall(api);
// For those whose requests are signed and whom IAM lets in. With NONE it is for everybody: then the API has to ask who they are.
const { url } = api.addFunctionUrl({ authType: FunctionUrlAuthType.AWS_IAM });
new CfnOutput(stack, "Url", { value: url });
app.synth();
