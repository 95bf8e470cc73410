/**
 * The adapters that the environment names. Apart from the entry, since this is what a Lambda loads: no more than it needs.
 */
import type { Transport } from "../client/transport";
import type { Store } from "../store";
import { dynamoClient } from "./clients";
import { DynamoStore } from "./dynamo-store";
import { type Environment, variable } from "./environment";
import { lambdaTransport } from "./lambda-transport";

/** @throws InvalidDefinition when `DURABLE_TABLE` is missing */
export function storeFromEnvironment(environment: Environment = process.env): Store {
  return new DynamoStore(dynamoClient(), variable(environment, "DURABLE_TABLE"));
}

/** @throws InvalidDefinition when `DURABLE_ROUTER` is missing */
export function transportFromEnvironment(environment: Environment = process.env): Transport {
  return lambdaTransport({ functionName: variable(environment, "DURABLE_ROUTER") });
}
