/**
 * `durable-lambda/local`: actors on this machine. The only entry that loads `node:sqlite`.
 * @module durable-lambda/local
 */
export { type LocalApp, type LocalOptions, startLocal } from "./local-app";
