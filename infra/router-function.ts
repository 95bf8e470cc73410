/** The router function: one file with all that it needs, a role that may write its log, and nothing else yet. */
import { resolve } from "node:path";
import { Duration, RemovalPolicy, Stack, Stage, Validations } from "aws-cdk-lib";
import { Effect, ManagedPolicy, PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import {
  Architecture,
  type CfnFunction,
  type Function as LambdaFunction,
  RecursiveLoop,
  Runtime,
} from "aws-cdk-lib/aws-lambda";
import { type BundlingOptions, NodejsFunction, OutputFormat } from "aws-cdk-lib/aws-lambda-nodejs";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import type { Asset } from "aws-cdk-lib/aws-s3-assets";
import type { Construct } from "constructs";
import { InvalidDefinition } from "../lib/errors";
import type { ActorAppProps } from "./props";

export const DEFAULT_TIMEOUT = Duration.seconds(30);
const DEFAULT_MEMORY_MB = 1_024;
const VPC_POLICY = "service-role/AWSLambdaVPCAccessExecutionRole";
/**
 * Everything else is in the bundle, in the version that it was tested with. A router calls no function by the SDK's Lambda client, unless
 * an actor has a client of its own: then it finds that of Lambda's runtime. In the bundle, it would be a tenth of it.
 */
export const FROM_RUNTIME = ["@aws-sdk/client-lambda"] as const;
/** What CommonJS packages in an ES module ask for. */
const REQUIRE_IN_ESM =
  'import { createRequire as durableCreateRequire } from "node:module"; const require = durableCreateRequire(import.meta.url);';

/** @throws InvalidDefinition when it cannot be bundled here */
export function makeRouter(scope: Construct, id: string, props: ActorAppProps): NodejsFunction {
  const {
    entry = "",
    handler = "handler",
    names = {},
    vpc,
    vpcSubnets,
    securityGroups,
    encryptionKey,
  } = props;
  const { reservedConcurrency } = props;
  const logGroup = new LogGroup(scope, `${id}Log`, {
    retention: props.logRetention ?? RetentionDays.ONE_MONTH,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  return new NodejsFunction(scope, id, {
    entry: resolve(entry),
    handler,
    runtime: Runtime.NODEJS_24_X,
    architecture: props.architecture ?? Architecture.ARM_64,
    memorySize: props.memorySize ?? DEFAULT_MEMORY_MB,
    timeout: props.timeout ?? DEFAULT_TIMEOUT,
    bundling: bundlingOf(props.bundling),
    environment: { NODE_OPTIONS: "--enable-source-maps", ...props.environment },
    logGroup,
    role: roleOf(scope, `${id}Role`, logGroup, vpc !== undefined),
    // Messages that follow from each other are what actors do; how many may is counted by the runtime.
    recursiveLoop: RecursiveLoop.ALLOW,
    // Variables of the SDK's first versions.
    awsSdkConnectionReuse: false,
    ...(names.router === undefined ? {} : { functionName: names.router }),
    ...(reservedConcurrency === undefined ? {} : { reservedConcurrentExecutions: reservedConcurrency }),
    ...(encryptionKey === undefined ? {} : { environmentEncryption: encryptionKey }),
    ...(vpc === undefined ? {} : { vpc }),
    ...(vpcSubnets === undefined ? {} : { vpcSubnets }),
    ...(securityGroups === undefined ? {} : { securityGroups: [...securityGroups] }),
  });
}

/** What goes to Lambda: a folder, and of its files the handler, such as `index.handler`. Undefined where that is not at hand. */
export function bundleOf(router: LambdaFunction): { folder: string; handler: string } | undefined {
  const asset = router.node.tryFindChild("Code") as Asset | undefined;
  const { handler } = router.node.defaultChild as CfnFunction;
  if (asset?.assetPath === undefined || asset.isFile || handler === undefined) return undefined;
  return { folder: resolve(Stage.of(router)?.outdir ?? ".", asset.assetPath), handler };
}

/** What the function will have in its environment; undefined for values that are known only when it is deployed. */
export function variablesOf(router: LambdaFunction): Readonly<Record<string, string | undefined>> {
  const { environment } = router.node.defaultChild as CfnFunction;
  const { variables = {} } = (Stack.of(router).resolve(environment) ?? {}) as {
    readonly variables?: Readonly<Record<string, unknown>>;
  };
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [name, typeof value === "string" ? value : undefined]),
  );
}

function bundlingOf(given: BundlingOptions = {}): BundlingOptions {
  const isEsm = given.format === OutputFormat.ESM;
  if (given.forceDockerBundling !== true) checkEsbuild();
  return {
    minify: true,
    keepNames: true,
    sourceMap: true,
    sourcesContent: false,
    target: "node24",
    externalModules: [...FROM_RUNTIME],
    ...given,
    ...(isEsm ? { banner: [REQUIRE_IN_ESM, given.banner].filter(Boolean).join("\n") } : {}),
  };
}

/** Without it, CDK would look for Docker. @throws InvalidDefinition */
function checkEsbuild(): void {
  try {
    require.resolve("esbuild", { paths: [process.cwd()] });
  } catch {
    throw new InvalidDefinition(
      `ActorApp bundles the entry with esbuild, which is not installed in ${process.cwd()}: npm install --save-dev esbuild`,
      { folder: process.cwd() },
    );
  }
}

/** Instead of AWS's managed policy, which may write any log. */
function roleOf(scope: Construct, id: string, logGroup: LogGroup, isInVpc: boolean): Role {
  const role = new Role(scope, id, { assumedBy: new ServicePrincipal("lambda.amazonaws.com") });
  role.addToPolicy(
    new PolicyStatement({
      effect: Effect.ALLOW,
      actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
      resources: [logGroup.logGroupArn],
    }),
  );
  if (isInVpc) {
    role.addManagedPolicy(ManagedPolicy.fromAwsManagedPolicyName(VPC_POLICY));
    Validations.of(role).acknowledge({
      id: `AwsSolutions::AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/${VPC_POLICY}]`,
      reason:
        "Network interfaces have no names before they exist: a policy of one's own would have the same wildcard.",
    });
  }
  return role;
}
