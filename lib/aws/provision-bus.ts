/** The event bus of an app, for `provision`. */
import { eventBridgeClient } from "./clients";
import type { BusVariable, Environment } from "./environment";
import { eventBridgeSdk } from "./event-bridge-sdk";

export async function provisionBus(environment: Environment): Promise<Record<BusVariable, string>> {
  const { CreateEventBusCommand, ResourceAlreadyExistsException } = eventBridgeSdk();
  // An ARN ends with the name.
  const name = environment.DURABLE_BUS_NAME?.split("/").at(-1) || "DurableBus";
  const client = eventBridgeClient();
  try {
    await client.send(new CreateEventBusCommand({ Name: name }));
  } catch (thrown) {
    if (!(thrown instanceof ResourceAlreadyExistsException)) throw thrown;
  } finally {
    client.destroy();
  }
  return { DURABLE_BUS_NAME: name };
}
