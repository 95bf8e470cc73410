/** The API's function: its client calls the router's, which `DURABLE_ROUTER` names. */
import { createClient } from "durable-lambda";
import { handle } from "hono/aws-lambda";
import { createApi } from "./app";

export const handler = handle(createApi(createClient()));
