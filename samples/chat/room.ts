import { Actor, DurableActor, Method } from "durable-lambda";
import { NameTaken, NotHere, RoomFull, TooFast } from "./errors";
import { readName, readSession, readText, sameName } from "./wording";

export interface Message {
  /** The id of the call that posted it: however often that comes, it is one message. */
  readonly id: string;
  readonly by: string;
  readonly text: string;
  readonly at: Date;
}

/** What somebody who has seen everything up to a message has not seen. */
export interface News {
  readonly messages: readonly Message[];
  /** There was more, which is not kept any more: these are all that there are. */
  readonly missed: boolean;
  /** Who is there, by name. */
  readonly people: readonly string[];
}

interface Person {
  readonly name: string;
  readonly untilMs: number;
}

/** So many messages are kept. */
export const HISTORY = 200;
/** Whoever says nothing for so long is gone. Browsers let hidden pages speak once a minute. */
const STAY_MS = 90_000;
const MAX_PEOPLE = 100;
/** One person may post so many messages within so long. */
const PACE = { messages: 5, withinMs: 10_000 };

/** A chat room: what was said last, and who is there. A person is known by a secret of their browser's, the session. */
@Actor({ expireAfter: "30d" })
export class Room extends DurableActor {
  private messages: Message[] = [];
  private people = new Map<string, Person>();

  /** Somebody is here, for the next 90 seconds. Said again in time, they stay; with another name, they are called that. */
  @Method
  enter(session: string, name: string): { name: string; stayMs: number } {
    const called = readName(name);
    const others = this.present().filter(([other]) => other !== session);
    if (others.some(([, other]) => sameName(other.name, called))) throw new NameTaken(called);
    if (others.length >= MAX_PEOPLE) throw new RoomFull(MAX_PEOPLE);
    this.stay(readSession(session), called);
    return { name: called, stayMs: STAY_MS };
  }

  @Method
  leave(session: string): void {
    this.people.delete(session);
  }

  /** The reminder's. Anybody may call it: it removes only who is gone. */
  @Method
  tidy(): void {
    const present = this.present();
    this.people = new Map(present);
    const nextMs = Math.min(...present.map(([, { untilMs }]) => untilMs));
    if (present.length > 0) this.ctx.remind("presence", { at: nextMs }, "tidy");
  }

  /** To be called with an idempotency key: then it may be repeated, and is said once. */
  @Method
  post(session: string, text: string): Message {
    const person = new Map(this.present()).get(session);
    if (person === undefined) throw new NotHere();
    const said = readText(text);
    this.keepPace(person.name);
    const message: Message = { id: this.ctx.callId, by: person.name, text: said, at: this.ctx.now };
    this.messages = [...this.messages, message].slice(-HISTORY);
    this.stay(session, person.name);
    return message;
  }

  /** @param since the id of the last message that was seen; without one, what there is */
  @Method({ readonly: true })
  news(since?: string): News {
    const seen = this.messages.findIndex(({ id }) => id === since);
    return {
      messages: this.messages.slice(seen + 1),
      missed: since !== undefined && seen === -1,
      people: this.present()
        .map(([, { name }]) => name)
        .sort((one, other) => one.localeCompare(other)),
    };
  }

  /** A sign of life. */
  private stay(session: string, name: string): void {
    const untilMs = this.ctx.now.getTime() + STAY_MS;
    this.people.set(session, { name, untilMs });
    // It looks for its next time itself. Moved by every sign of life, it would double what those cost.
    if (this.ctx.reminders().length === 0) this.ctx.remind("presence", { at: untilMs }, "tidy");
  }

  /** The time decides, so nobody stays longer because the reminder is a second late. */
  private present(): [session: string, Person][] {
    const nowMs = this.ctx.now.getTime();
    return [...this.people].filter(([, { untilMs }]) => untilMs > nowMs);
  }

  /** The messages themselves say how many there were: nothing more to keep, and to leave and come back does not help. */
  private keepPace(name: string): void {
    const since = this.ctx.now.getTime() - PACE.withinMs;
    const recent = this.messages.filter(({ by, at }) => by === name && at.getTime() > since);
    const first = recent.at(-PACE.messages);
    if (first !== undefined) throw new TooFast(first.at.getTime() - since);
  }
}
