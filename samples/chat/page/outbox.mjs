/**
 * What is written and not in the room yet. Each message has a key of its own, made once: however often it is sent, also after a
 * reload, the room takes it once. They are sent one after another, so that they stay in their order.
 */
import { keep, kept, post, Refused } from "./server.mjs";

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 10_000;

export class Outbox {
  /** Each with `key`, `text`, `state` (waiting, late, sent, refused), and then `id` or `reason`. */
  #entries = JSON.parse(kept("outbox") ?? "[]");
  /** The ids of messages that the page has shown: the stream may bring one before the answer says which it is. */
  #shown = new Set();
  #isSending = false;
  #pauseMs = FIRST_PAUSE_MS;
  #timer;

  /**
   * @param onChange is given what is not in the room yet
   * @param onAbsent is called when the room does not know this person any more; resolves once it does again
   */
  constructor(onChange, onAbsent) {
    this.onChange = onChange;
    this.onAbsent = onAbsent;
  }

  add(text) {
    this.#entries.push({ key: crypto.randomUUID(), text, state: "waiting" });
    void this.send();
  }

  /** Another attempt at what was refused: under the same key, since it was not taken. */
  retry(key) {
    const entry = this.#entries.find((one) => one.key === key);
    if (entry !== undefined) entry.state = "waiting";
    void this.send();
  }

  discard(key) {
    this.#entries = this.#entries.filter((one) => one.key !== key);
    this.#changed();
  }

  /** The room has shown this message. */
  confirm(id) {
    this.#shown.add(id);
    this.#changed();
  }

  /** Sends what waits, now. */
  async send() {
    this.#changed();
    clearTimeout(this.#timer);
    if (this.#isSending) return;
    this.#isSending = true;
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      await this.#attempt(next);
      this.#changed();
      if (next.state === "late") break;
    }
    this.#isSending = false;
  }

  #next() {
    return this.#entries.find(({ state }) => state === "waiting" || state === "late");
  }

  async #attempt(entry) {
    try {
      const { id } = await post(entry.text, entry.key);
      Object.assign(entry, { state: "sent", id, reason: undefined });
      this.#pauseMs = FIRST_PAUSE_MS;
    } catch (error) {
      if (error.code === "NotHere" && (await this.onAbsent())) return;
      if (error instanceof Refused && error.retryAfterMs === undefined) {
        Object.assign(entry, { state: "refused", reason: error.message });
        return;
      }
      // The room says when it goes on. Without an answer nobody knows whether it has arrived: the same key again does no harm.
      Object.assign(entry, { state: "late", reason: error instanceof Refused ? error.message : undefined });
      this.#timer = setTimeout(() => void this.send(), error.retryAfterMs ?? this.#pauseMs);
      this.#pauseMs = Math.min(2 * this.#pauseMs, LONGEST_PAUSE_MS);
    }
  }

  #changed() {
    this.#entries = this.#entries.filter(({ id }) => !this.#shown.has(id));
    keep("outbox", JSON.stringify(this.#entries));
    this.onChange(this.#entries);
  }
}
