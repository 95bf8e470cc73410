/** What one turn has caused so far, within the limit of what the head keeps for it. */
import { type Effect, encodeEffects, parseEffects } from "../../effects";
import { PayloadTooLarge } from "../../errors";
import { MAX_EFFECTS_BYTES } from "../outbox";

export class TurnEffects {
  private effects: Effect[] = [];
  private bytes = 0;

  /**
   * @param field what of the effect is likely to be large
   * @throws PayloadTooLarge: the effect is not added
   */
  add(effect: Effect, field: string): void {
    const text = encodeEffects([effect]);
    const bytes = this.bytes + Buffer.byteLength(text);
    if (bytes > MAX_EFFECTS_BYTES) {
      throw new PayloadTooLarge(
        `The effects of this turn would take ${bytes} bytes; at most ${MAX_EFFECTS_BYTES} are kept until they are delivered.`,
        { field, bytes, limitBytes: MAX_EFFECTS_BYTES },
      );
    }
    this.bytes = bytes;
    // A copy: the turn may go on to change what it sent.
    this.effects.push(...parseEffects(text));
  }

  /** What the turn has caused since this was last asked. */
  take(): Effect[] {
    const { effects } = this;
    this.effects = [];
    return effects;
  }
}
