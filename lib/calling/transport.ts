/** How a request gets to a runtime. One try each; the client decides whether to try again. */
import type { ActorClass } from "../actor";
import type { EmitRequest } from "../events/emit-request";
import type { Invocation, InvocationReply } from "../invocation";
import type { CallRequest } from "../messages/call-request";

/** How the requests of a client travel. {@link httpTransport} makes one; `lambdaTransport` of `durable-lambda/aws` another. */
export interface Transport {
  /**
   * Carries one invocation, one request about a tracked call, or one event, there and its reply back.
   * @throws TransportError when no reply came: the call may or may not have been applied
   */
  invoke(request: Invocation | CallRequest | EmitRequest): Promise<InvocationReply>;
  /** True when requests arrive in the order in which they are made, awaited or not. Default false. */
  readonly keepsOrder?: boolean;
  /** Told of each actor class that the client is asked for; a transport that runs actors itself needs them. */
  register?(type: ActorClass): void;
}
