/** The app's actors, and the function that runs them. */
import { createRouter } from "durable-lambda";
import { Account } from "../bank/account";
import { Counter } from "../counter/counter";
import { Customer } from "./customer";
import { Order } from "./order";
import { Stock } from "./stock";

export { Account, Counter, Customer, Order, Stock };

export const handler = createRouter([Counter, Account, Order, Stock, Customer]);
