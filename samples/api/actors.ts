/** The function that runs the actors. */
import { createRouter } from "durable-lambda";
import { Show } from "./show";

export const handler = createRouter([Show]);
