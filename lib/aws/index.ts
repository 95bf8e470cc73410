/**
 * `durable-lambda/aws`: the adapters to AWS. The only entry that loads the AWS SDK.
 * @module durable-lambda/aws
 */
export { deadLettersFromEnvironment } from "./dead-letters";
export type { Environment } from "./environment";
export { portsFromEnvironment, storeFromEnvironment } from "./from-environment";
export { inspectionFromEnvironment } from "./inspection";
export { type LambdaTransportOptions, lambdaTransport } from "./lambda-transport";
export { type ProvisionOptions, provision } from "./provision";
export { type Sigv4Options, sigv4 } from "./sigv4";
export { environmentOfStack } from "./stack";
