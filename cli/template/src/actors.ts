/** The app's actors, and the function that runs them on Lambda: a new actor is added here. */
import { createRouter } from "durable-lambda";
import { Booking } from "./booking";
import { Show } from "./show";

export const handler = createRouter([Show, Booking]);
