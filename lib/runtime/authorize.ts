/**
 * Who may ask over HTTP: asked once the form of a request was checked, and before anything is looked up, so that whoever is refused
 * does not even learn which actors there are. What comes by other ways, AWS has allowed.
 */
import { CallContext } from "../call-context";
import type { Mode } from "../envelope";
import { type DurableError, Forbidden, InvalidDefinition, MethodError } from "../errors";
import type { Logger } from "../log";
import type { CallRequest } from "../messages/call-request";
import { asDurableError } from "../wire-error";

/** An HTTP request that wants to be let in. */
export interface HttpCall {
  /** `call`, `send` and `start` are for an actor, `status`, `resolve` and `reject` for a tracked call, `emit` is for the bus. */
  readonly mode: Mode | CallRequest["mode"] | "emit";
  /** The actor, its id, and the method; for calls and messages. There may be no such actor. */
  readonly actor?: string;
  readonly id?: string;
  readonly method?: string;
  /** Present when the request names one. */
  readonly callId?: string;
  /** By their names in small letters. The cookies are one of them, `cookie`. */
  readonly headers: Readonly<Record<string, string>>;
  /** Percent-encoded, without the query. */
  readonly path: string;
  /**
   * What an authorizer of AWS has found out, as it gives it: `jwt` with its `claims` for one of an HTTP API, `iam` for a signature,
   * `lambda` for a function of your own. Undefined where there is none.
   */
  readonly authorizer: Readonly<Record<string, unknown>> | undefined;
  /** For what is found out here: middleware and the method of a `call` have it. */
  readonly context: CallContext;
}

/** Lets a request in by answering true. Anything else refuses it, and so does an error. */
export type Authorize = (request: HttpCall) => boolean | Promise<boolean>;

/** What an HTTP request says of who sends it. */
export interface Sender {
  readonly headers: Readonly<Record<string, string>>;
  readonly path: string;
  readonly authorizer: Readonly<Record<string, unknown>> | undefined;
  /** For which name it came; undefined when that is not known. */
  readonly domainName: string | undefined;
}

/** What a request asks for. */
export type Asked = Pick<HttpCall, "mode" | "actor" | "id" | "method" | "callId">;

/** The door by which a request comes in. */
export class Door {
  readonly context = new CallContext();

  /** @param authorize undefined: whom AWS has let in, and this machine */
  constructor(
    private readonly sender: Sender,
    private readonly authorize: Authorize | undefined,
    private readonly log: Logger,
  ) {}

  /** @throws Forbidden */
  async check(asked: Asked): Promise<void> {
    const { sender, authorize, context } = this;
    if (authorize === undefined) return checkIsKnown(sender);
    const { headers, path, authorizer } = sender;
    let isAllowed: unknown;
    try {
      isAllowed = await authorize({ ...asked, headers, path, authorizer, context });
    } catch (thrown) {
      throw this.refusalBy(thrown);
    }
    if (isAllowed !== true) throw refusal();
  }

  /** Of an error that was not meant for the caller, nothing goes out. */
  private refusalBy(thrown: unknown): DurableError {
    const error = asDurableError(thrown);
    if (error.code === Forbidden.code && !(error instanceof MethodError)) return error;
    this.log.error("authorize failed", { error: thrown });
    return refusal();
  }
}

/** @throws InvalidDefinition: what cannot be asked must not pass for nothing */
export function checkAuthorize(authorize: Authorize | undefined): void {
  if (authorize === undefined || typeof authorize === "function") return;
  throw new InvalidDefinition("`authorize` is a function that answers true for requests that may come in.", {
    option: "authorize",
  });
}

/** Lets everybody in: nobody need be asked. */
export const OPEN: Authorize = () => true;

/** Names that only this machine has. */
const LOCAL_NAME = /^(([\w-]+\.)*localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/i;

/** @throws Forbidden for a request that nobody has checked */
function checkIsKnown({ authorizer, domainName }: Sender): void {
  if (isRecord(authorizer?.iam)) return;
  if (domainName !== undefined && LOCAL_NAME.test(domainName)) return;
  throw new Forbidden(
    "Requests over HTTP are refused unless AWS has checked their signature. Set the authorization AWS_IAM, or pass `authorize` to createRouter.",
    { option: "authorize" },
  );
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function refusal(): Forbidden {
  return new Forbidden("The request is not allowed.");
}
