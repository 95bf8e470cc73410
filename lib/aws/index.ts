/** `durable-lambda/aws`: the adapters to AWS. The only entry that loads the AWS SDK. */
import type { Store } from "../store";
import { dynamoClient } from "./clients";
import { DynamoStore } from "./dynamo-store";
import { type Environment, variable } from "./environment";

export type { Environment } from "./environment";
export { type LambdaTransportOptions, lambdaTransport } from "./lambda-transport";
export { type ProvisionOptions, provision } from "./provision";
export { type Sigv4Options, sigv4 } from "./sigv4";

/** The store that the environment names. @throws InvalidDefinition when it names none */
export function storeFromEnvironment(environment: Environment = process.env): Store {
  return new DynamoStore(dynamoClient(), variable(environment, "DURABLE_TABLE"));
}
