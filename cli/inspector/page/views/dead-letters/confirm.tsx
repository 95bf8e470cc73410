/** Asks before letters are gone for good. */
import { useRef } from "preact/hooks";
import { Button } from "../../parts/button";
import { Dialog } from "../../parts/dialog";
import { plural } from "../../values/format";
import type { Letters } from "./actions";

interface ConfirmProps {
  readonly letters: Letters;
  readonly onClose: () => void;
  readonly onDiscard: () => Promise<void>;
}

export function Confirm({ letters, onClose, onDiscard }: ConfirmProps) {
  const cancel = useRef<HTMLButtonElement>(null);
  const what = plural(letters.count, "letter");
  return (
    <Dialog title={`Discard ${what}?`} onClose={onClose} first={cancel}>
      <p>
        {letters.name} will be deleted for good, and {letters.count === 1 ? "its call" : "their calls"} will
        never be applied. Tracked calls among them count as failed.
      </p>
      <footer class="dialog-footer">
        <Button buttonRef={cancel} onClick={onClose}>
          Keep
        </Button>
        <Button kind="danger" icon="trash" onClick={() => void onDiscard()}>
          Discard {what}
        </Button>
      </footer>
    </Dialog>
  );
}
