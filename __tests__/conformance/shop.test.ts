/**
 * The shop, end to end: in this process, on resources of its own at the endpoints that `npm run test:conformance` names; or,
 * with `DURABLE_TEST_DEPLOYED`, the deployed app that the variables of the environment name.
 */
import { Account, Counter, Customer, handler, Order, Stock } from "../../samples/shop/actors";
import { AppHere } from "./app-here";
import { appOfEnvironment } from "./app-under-test";
import { shopSuite } from "./shop-suite";

const { DURABLE_TEST_CONFORMANCE, DURABLE_TEST_DEPLOYED } = process.env;
const actors = [Account, Counter, Customer, Order, Stock];

if (DURABLE_TEST_DEPLOYED) {
  describe("the shop where it is deployed", () =>
    shopSuite(async () => appOfEnvironment(), { hasEvents: true }));
} else {
  (DURABLE_TEST_CONFORMANCE ? describe : describe.skip)("the shop", () =>
    shopSuite(() => AppHere.start(handler, actors), { hasEvents: AppHere.hasEvents }),
  );
}
