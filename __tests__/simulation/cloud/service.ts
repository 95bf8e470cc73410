/**
 * A simulated service of AWS, below the SDK's clients: what it does with one request, all at one moment, and what it answers.
 * It knows no faults: those happen on the way to it and back.
 */

/** A command of the SDK's, by the name of its class, such as `UpdateCommand`. */
export interface ServiceRequest {
  readonly command: string;
  readonly input: Readonly<Record<string, unknown>>;
}

export interface Service {
  /** @throws ServiceError */
  apply(request: ServiceRequest, nowMs: number): object;
}

/** An error as the SDK's clients throw it. */
export class ServiceError extends Error {
  readonly $metadata: { readonly httpStatusCode: number };

  /**
   * @param name such as `ConditionalCheckFailedException`
   * @param more such as the item of a refused condition
   */
  constructor(
    name: string,
    message: string,
    { status = 400, ...more }: { readonly status?: number; readonly [field: string]: unknown } = {},
  ) {
    super(message);
    this.name = name;
    this.$metadata = { httpStatusCode: status };
    Object.assign(this, more);
  }
}
