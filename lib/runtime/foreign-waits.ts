/**
 * The methods that wait at this moment for something that is not this runtime's: a request, a timer, a test's gate. While there
 * is one, a clock that is not real must not move by itself.
 */
export interface ForeignWait {
  /** Somebody outside waits for the method's result. */
  readonly isAwaited: boolean;
}

export class ForeignWaits {
  private readonly waiting = new Set<ForeignWait>();

  get current(): ReadonlySet<ForeignWait> {
    return this.waiting;
  }

  begin(wait: ForeignWait): void {
    this.waiting.add(wait);
  }

  end(wait: ForeignWait): void {
    this.waiting.delete(wait);
  }
}
