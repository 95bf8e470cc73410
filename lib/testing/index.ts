/**
 * `durable-lambda/testing`: actors under test, without AWS, without waiting.
 * @module durable-lambda/testing
 */
export type { LoggedEvent } from "../local/sqlite-bus";
export { type AppClock, createTestApp, type TestApp, type TestAppOptions } from "./test-app";
