/** The EventBridge SDK, loaded with the bus: an app without events has no use for it. */
export function eventBridgeSdk(): typeof import("@aws-sdk/client-eventbridge") {
  return require("@aws-sdk/client-eventbridge") as typeof import("@aws-sdk/client-eventbridge");
}
