import type { ListenerOptions } from "../lib/events/listener";
import { recordListener } from "../lib/metadata";
import { decoratedMethod, type MethodDecorator, misplaced } from "./member";

/**
 * Lets a method listen to events on the app's bus: each event that fits becomes a message for the actor that it names, with
 * the event as the method's argument, and has its effect once. In both of TypeScript's decorator modes; several on one method
 * are allowed, and `@Method` beside it for its options. The method can be called like any other.
 *
 * @throws InvalidDefinition on anything but a public instance method, and, when the class is defined, for wrong options
 * @example
 * ```ts
 * @On({ source: "shop", detailType: "OrderPaid", id: "detail.orderId" })
 * paid(event: ActorEvent<{ orderId: string; amount: number }>) { this.paid += event.detail.amount; }
 * ```
 */
export function On(options: ListenerOptions): MethodDecorator;
export function On(...args: unknown[]): MethodDecorator {
  const [options] = args;
  if (args.length !== 1 || typeof options !== "object" || options === null) {
    throw misplaced("@On({ source, detailType, id })");
  }
  return (...target: unknown[]) => {
    const { record, name } = decoratedMethod("@On", target);
    recordListener(record, name, options);
  };
}
