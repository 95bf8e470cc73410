/** What `ActorApp` sets for the functions of an app, and what tests and scripts set by hand. */
import { InvalidDefinition } from "../errors";

export type Environment = Readonly<Record<string, string | undefined>>;

/** The names of the variables. Endpoints, region and credentials are the AWS SDK's own. */
export type VariableName = "DURABLE_TABLE" | "DURABLE_ROUTER";

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
