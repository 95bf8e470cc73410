/** Creates an app's resources at the configured endpoints, for emulators and tests. Deployments use `ActorApp`. */
import type { Environment } from "./environment";
import { provisionBus } from "./provision-bus";
import { provisionQueues } from "./provision-queues";
import { provisionTables } from "./provision-tables";

/** Options of {@link provision}. */
export interface ProvisionOptions {
  /** Create only what these services hold. Default: everything. */
  readonly only?: readonly ("dynamodb" | "sqs" | "eventbridge")[];
  /** Where names are taken from; names that are missing get a default. Default: `process.env`. */
  readonly environment?: Environment;
}

/**
 * Creates what the `DURABLE_*` variables name; what exists already is left as it is. It is for emulators and tests:
 * deployments use `ActorApp`. Endpoints, region and credentials come from the AWS SDK's own variables.
 *
 * @returns the variables for the functions of the app, of what was asked for
 * @example
 * ```ts
 * process.env.AWS_ENDPOINT_URL = "http://127.0.0.1:4566";
 * Object.assign(process.env, await provision());
 * ```
 */
export async function provision({
  only = ["dynamodb", "sqs", "eventbridge"],
  environment = process.env,
}: ProvisionOptions = {}): Promise<Record<string, string>> {
  const [tables, queues, bus] = await Promise.all([
    only.includes("dynamodb") ? provisionTables(environment) : {},
    only.includes("sqs") ? provisionQueues(environment) : {},
    only.includes("eventbridge") ? provisionBus(environment) : {},
  ]);
  return { ...tables, ...queues, ...bus };
}
