/**
 * Finds an app's parts by the name of its CloudFormation stack: its function is the one that `ActorApp` has made, and the function's
 * own variables name the rest.
 */
import type { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { DurableError, InvalidDefinition } from "../errors";
import { lambdaClient } from "./clients";
import type { Environment } from "./environment";
import { lambdaSdk } from "./lambda-sdk";

/** What the router's function is told, and no caller's is. */
const OF_ROUTER = [
  "DURABLE_TABLE",
  "WORKFLOW_TABLE",
  "DURABLE_QUEUE",
  "DURABLE_WAKE_QUEUE",
  "DURABLE_DEAD_LETTER_QUEUE",
];

interface FunctionFound {
  readonly name: string;
  readonly variables: Environment;
}

/**
 * The variables that lead to the app, `DURABLE_ROUTER` among them. Region and credentials are the AWS SDK's own.
 * @throws DurableError `UnknownStack`, `AwsRefused`; InvalidDefinition when it has no app, or several
 */
export async function environmentOfStack(stack: string): Promise<Environment> {
  const functions = await Promise.all((await functionNames(stack)).map(read));
  const routers = functions.filter(isRouter);
  const names = routers.map(({ name }) => name).join(", ");
  const [router, ...more] = routers;
  if (router === undefined) {
    throw new InvalidDefinition(`The stack ${stack} has no function of an ActorApp.`, {
      stack,
      functions: functions.map(({ name }) => name),
    });
  }
  if (more.length > 0) {
    throw new InvalidDefinition(
      `The stack ${stack} has ${routers.length} apps (${names}). Set DURABLE_ROUTER, DURABLE_TABLE and so on to those of one.`,
      { stack, functions: routers.map(({ name }) => name) },
    );
  }
  return { ...router.variables, DURABLE_ROUTER: router.name };
}

function isRouter({ variables }: FunctionFound): boolean {
  return OF_ROUTER.every((name) => variables[name] !== undefined) && variables.DURABLE_ROUTER === undefined;
}

async function functionNames(stack: string): Promise<string[]> {
  const { paginateListStackResources } = cloudFormationSdk();
  return withCloudFormation(async (client) => {
    const names: string[] = [];
    try {
      for await (const page of paginateListStackResources({ client }, { StackName: stack })) {
        for (const { ResourceType: type, PhysicalResourceId: id } of page.StackResourceSummaries ?? []) {
          if (type === "AWS::Lambda::Function" && id !== undefined) names.push(id);
        }
      }
    } catch (thrown) {
      if (/does not exist/.test((thrown as Error).message)) throw await unknownStack(client, stack);
      throw refused(thrown);
    }
    return names;
  });
}

async function unknownStack(client: CloudFormationClient, stack: string): Promise<DurableError> {
  const { DescribeStacksCommand } = cloudFormationSdk();
  // To help; whoever may not list stacks gets no help.
  const { Stacks: stacks = [] } = await client
    .send(new DescribeStacksCommand({}))
    .catch(() => ({ Stacks: [] }));
  return new DurableError(
    "UnknownStack",
    `There is no stack ${stack} in the region and the account that the AWS SDK uses here.`,
    { details: { field: "stack", value: stack, known: stacks.flatMap(({ StackName: name }) => name ?? []) } },
  );
}

async function read(name: string): Promise<FunctionFound> {
  const { GetFunctionConfigurationCommand } = lambdaSdk();
  const client = lambdaClient();
  try {
    const found = await client.send(new GetFunctionConfigurationCommand({ FunctionName: name }));
    return { name, variables: found.Environment?.Variables ?? {} };
  } catch (thrown) {
    throw refused(thrown);
  } finally {
    client.destroy();
  }
}

async function withCloudFormation<T>(use: (client: CloudFormationClient) => Promise<T>): Promise<T> {
  const client = new (cloudFormationSdk().CloudFormationClient)();
  try {
    return await use(client);
  } finally {
    client.destroy();
  }
}

/** Only people who look after an app need it: what runs on Lambda never loads it. */
function cloudFormationSdk(): typeof import("@aws-sdk/client-cloudformation") {
  return require("@aws-sdk/client-cloudformation") as typeof import("@aws-sdk/client-cloudformation");
}

function refused(thrown: unknown): DurableError {
  const { name, message } = thrown as Error;
  return new DurableError("AwsRefused", `AWS: ${name}: ${message}`, {
    details: { error: name },
    cause: thrown,
  });
}
