/** `durable-lambda/local`: actors on this machine. The only entry that loads `node:sqlite`. */
export { type LocalApp, type LocalOptions, startLocal } from "./local-app";
