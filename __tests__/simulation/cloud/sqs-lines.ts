/** How the messages of one simulated queue stand in line: by groups on a FIFO queue, in no order on a standard one. */

export interface SimulatedMessage {
  /** One for each copy. */
  readonly serial: number;
  readonly messageId: string;
  readonly body: string;
  readonly groupId: string | undefined;
  readonly sequence: string | undefined;
  readonly attributes: object | undefined;
  readonly sentMs: number;
  receiveCount: number;
  /** When it was handed out last. */
  receivedMs: number;
  /** Hidden until then. */
  visibleMs: number;
}

export interface Line {
  add(message: SimulatedMessage): void;
  remove(message: SimulatedMessage): void;
  /** Brings the line up to date with a message's `visibleMs`. */
  moved(message: SimulatedMessage): void;
  /** What a receive gives at this moment, at most `max`. */
  ready(max: number, nowMs: number, random: () => number): SimulatedMessage[];
  /** From when on there is something ready; undefined when the line is empty. */
  readyMs(): number | undefined;
}

interface Group {
  readonly id: string;
  /** In order. What is in flight stands first. */
  readonly messages: SimulatedMessage[];
  /** Until none of it is in flight. */
  hiddenMs: number;
}

/** A delivery begins at the front of a group, so whatever is in flight is among as many as one delivery takes. */
const MAX_IN_FLIGHT = 10;

/**
 * A group of which something is in flight is passed over as a whole, until all of that was deleted or is visible again. A
 * message keeps its place when it is handed out, so that it comes again before its followers.
 */
export class FifoLine implements Line {
  private readonly groups = new Map<string, Group>();
  private earliest: number | undefined;

  add(message: SimulatedMessage): void {
    const id = message.groupId as string;
    const group = this.groups.get(id);
    if (group === undefined) this.groups.set(id, { id, messages: [message], hiddenMs: message.visibleMs });
    else group.messages.push(message);
    this.earliest = undefined;
  }

  remove(message: SimulatedMessage): void {
    const group = this.groupOf(message);
    group.messages.splice(group.messages.indexOf(message), 1);
    if (group.messages.length === 0) this.groups.delete(group.id);
    this.moved(message);
  }

  moved(message: SimulatedMessage): void {
    const group = this.groups.get(message.groupId as string);
    this.earliest = undefined;
    if (group === undefined) return;
    group.hiddenMs = Number.NEGATIVE_INFINITY;
    for (const { visibleMs } of group.messages.slice(0, MAX_IN_FLIGHT)) {
      group.hiddenMs = Math.max(group.hiddenMs, visibleMs);
    }
  }

  /** Of one group as many as there are and as are asked for, then of the next. */
  ready(max: number, nowMs: number, random: () => number): SimulatedMessage[] {
    const groups: Group[] = [];
    for (const group of this.groups.values()) if (group.hiddenMs <= nowMs) groups.push(group);
    const messages: SimulatedMessage[] = [];
    while (messages.length < max && groups.length > 0) {
      messages.push(...taken(groups, random).messages.slice(0, max - messages.length));
    }
    return messages;
  }

  readyMs(): number | undefined {
    if (this.earliest === undefined) {
      for (const { hiddenMs } of this.groups.values()) {
        if (this.earliest === undefined || hiddenMs < this.earliest) this.earliest = hiddenMs;
      }
    }
    return this.earliest;
  }

  private groupOf({ groupId }: SimulatedMessage): Group {
    return this.groups.get(groupId as string) as Group;
  }
}

export class StandardLine implements Line {
  private readonly messages = new Set<SimulatedMessage>();
  private earliest: number | undefined;

  add(message: SimulatedMessage): void {
    this.messages.add(message);
    this.moved();
  }

  remove(message: SimulatedMessage): void {
    this.messages.delete(message);
    this.moved();
  }

  moved(): void {
    this.earliest = undefined;
  }

  ready(max: number, nowMs: number, random: () => number): SimulatedMessage[] {
    const visible: SimulatedMessage[] = [];
    for (const message of this.messages) if (message.visibleMs <= nowMs) visible.push(message);
    const messages: SimulatedMessage[] = [];
    while (messages.length < max && visible.length > 0) messages.push(taken(visible, random));
    return messages;
  }

  readyMs(): number | undefined {
    if (this.earliest === undefined) {
      for (const { visibleMs } of this.messages) {
        if (this.earliest === undefined || visibleMs < this.earliest) this.earliest = visibleMs;
      }
    }
    return this.earliest;
  }
}

/** Takes one of them out, any. */
function taken<T>(items: T[], random: () => number): T {
  const index = Math.floor(random() * items.length);
  const item = items[index] as T;
  const last = items.pop() as T;
  if (index < items.length) items[index] = last;
  return item;
}
