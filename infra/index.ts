/**
 * `durable-lambda/infra`: the CDK construct that deploys an app.
 * @module durable-lambda/infra
 */
export { DurableError, InvalidDefinition } from "../lib/errors";
export { ActorApp } from "./actor-app";
export type { ActorAppProps, AlarmProps, ResourceNames, RouterProps } from "./props";
