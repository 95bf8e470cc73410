/** `durable-lambda/testing`: actors under test, without AWS, without waiting. */
export type { LoggedEvent } from "../local/sqlite-bus";
export { type AppClock, createTestApp, type TestApp, type TestAppOptions } from "./test-app";
