/** What `ActorApp` sets for the functions of an app, and what tests and scripts set by hand. */
import { InvalidDefinition } from "../errors";
import { quote } from "../quote";

/** Variables by name, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

export type TableVariable = "DURABLE_TABLE" | "WORKFLOW_TABLE";
export type QueueVariable = "DURABLE_QUEUE" | "DURABLE_WAKE_QUEUE" | "DURABLE_DEAD_LETTER_QUEUE";
export type BusVariable = "DURABLE_BUS_NAME";

/** The names of the variables. Endpoints, region and credentials are the AWS SDK's own. */
export type VariableName = TableVariable | QueueVariable | BusVariable | "DURABLE_ROUTER";

/** @throws InvalidDefinition when the variable is missing */
export function variable(environment: Environment, name: VariableName): string {
  const value = environment[name];
  if (value !== undefined && value !== "") return value;
  throw new InvalidDefinition(
    `The environment variable ${name} is not set. ActorApp sets it for the functions of an app.`,
    {
      variable: name,
    },
  );
}

/** @throws InvalidDefinition when the variable is missing or holds something else than a URL */
export function urlVariable(environment: Environment, name: QueueVariable): string {
  const value = variable(environment, name);
  if (/^https?:/.test(value) && URL.canParse(value)) return value;
  throw new InvalidDefinition(
    `The environment variable ${name} is ${quote(value)}. It should be the URL of a queue, such as ` +
      "https://sqs.eu-west-1.amazonaws.com/123456789012/name.",
    { variable: name, value: quote(value) },
  );
}
