/** What functions may do with an app, by what they are for: each action and each resource by name. */
import { type IGrantable, PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { IKey } from "aws-cdk-lib/aws-kms";
import type { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import type { Bus } from "./props";
import type { Queues } from "./queues";
import type { Tables } from "./tables";

export interface Resources {
  readonly tables: Tables;
  readonly queues: Queues;
  readonly bus: Bus;
  readonly encryptionKey: IKey | undefined;
}

type Variables = Readonly<Record<string, string>>;

/** Runs actors in its own process. */
export function allowHosting(fn: LambdaFunction, resources: Resources): void {
  const { tables } = resources;
  allow(
    fn,
    [
      "dynamodb:GetItem",
      "dynamodb:PutItem",
      "dynamodb:UpdateItem",
      "dynamodb:Query",
      "dynamodb:BatchWriteItem",
    ],
    [tables.state.tableArn],
  );
  allow(fn, ["dynamodb:Query"], [tables.wakeIndexArn]);
  allow(fn, ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"], [tables.workflows.tableArn]);
  allowPosting(fn, resources);
  allow(fn, ["sqs:SendMessage"], [resources.queues.deadLetters.queueArn]);
  allowKey(fn, resources, "write");
  set(fn, {
    DURABLE_TABLE: tables.state.tableName,
    WORKFLOW_TABLE: tables.workflows.tableName,
    DURABLE_DEAD_LETTER_QUEUE: resources.queues.deadLetters.queueUrl,
    ...postingVariables(resources),
  });
}

/** Calls actors, through the router. */
export function allowCalls(fn: LambdaFunction, router: LambdaFunction): void {
  allow(fn, ["lambda:InvokeFunction"], [router.functionArn]);
  set(fn, { DURABLE_ROUTER: router.functionName });
}

/** Sends messages and events, and asks for and gives results of tracked calls, without the router. */
export function allowSends(fn: LambdaFunction, resources: Resources): void {
  const { tables } = resources;
  // How far an actor is with its messages.
  allow(fn, ["dynamodb:GetItem"], [tables.state.tableArn]);
  allow(fn, ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"], [tables.workflows.tableArn]);
  allowPosting(fn, resources);
  allowKey(fn, resources, "write");
  set(fn, {
    DURABLE_TABLE: tables.state.tableName,
    WORKFLOW_TABLE: tables.workflows.tableName,
    ...postingVariables(resources),
  });
}

/** Calls readonly methods in its own process, and looks at states and results. */
export function allowReads(fn: LambdaFunction, resources: Resources): void {
  const { tables } = resources;
  allow(fn, ["dynamodb:GetItem", "dynamodb:Query"], [tables.state.tableArn]);
  allow(fn, ["dynamodb:GetItem"], [tables.workflows.tableArn]);
  allowKey(fn, resources, "read");
  set(fn, { DURABLE_TABLE: tables.state.tableName, WORKFLOW_TABLE: tables.workflows.tableName });
}

function allowPosting(fn: LambdaFunction, { queues, bus }: Resources): void {
  allow(fn, ["sqs:SendMessage"], [queues.messages.queueArn, queues.wakes.queueArn]);
  allow(fn, ["events:PutEvents"], [bus.eventBusArn]);
}

function postingVariables({ queues, bus }: Resources): Variables {
  return {
    DURABLE_QUEUE: queues.messages.queueUrl,
    DURABLE_WAKE_QUEUE: queues.wakes.queueUrl,
    DURABLE_BUS_NAME: bus.eventBusName,
  };
}

/** By name, where CDK's own grants have wildcards. */
const TO_READ = ["kms:Decrypt", "kms:DescribeKey"];
const TO_WRITE = [
  ...TO_READ,
  "kms:Encrypt",
  "kms:GenerateDataKey",
  "kms:GenerateDataKeyWithoutPlaintext",
  "kms:ReEncryptFrom",
  "kms:ReEncryptTo",
];

function allowKey(fn: IGrantable, { encryptionKey }: Resources, how: "read" | "write"): void {
  encryptionKey?.grant(fn, ...(how === "read" ? TO_READ : TO_WRITE));
}

function allow(fn: IGrantable, actions: string[], resources: string[]): void {
  fn.grantPrincipal.addToPrincipalPolicy(new PolicyStatement({ actions, resources }));
}

function set(fn: LambdaFunction, variables: Variables): void {
  for (const [name, value] of Object.entries(variables)) fn.addEnvironment(name, value);
}
