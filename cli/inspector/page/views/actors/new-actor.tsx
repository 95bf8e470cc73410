/** Names an actor that nobody has touched yet, or that somebody knows by heart. */
import { useRef, useState } from "preact/hooks";
import { Button } from "../../parts/button";
import { Dialog } from "../../parts/dialog";
import { Select } from "../../parts/fields";
import { go } from "../../routing/location";

interface NewActorProps {
  readonly type: string | undefined;
  readonly id: string;
  readonly types: readonly string[];
  readonly onClose: () => void;
}

export function NewActor({ type, id: begun, types, onClose }: NewActorProps) {
  const [chosen, setChosen] = useState(type ?? types[0] ?? "");
  const [id, setId] = useState(begun);
  const input = useRef<HTMLInputElement>(null);
  const problem = id === "" ? undefined : problemWith(id);
  const submit = (event: Event) => {
    event.preventDefault();
    if (id === "" || problem !== undefined) return;
    onClose();
    go({ page: "actor", type: chosen, id });
  };
  return (
    <Dialog title={type === undefined ? "New actor" : `New ${type}`} onClose={onClose} first={input}>
      <form class="form" onSubmit={submit}>
        {type === undefined && (
          <div class="field">
            <span class="field-name">Type</span>
            <Select
              label="Type"
              value={chosen}
              options={types.map((name) => ({ value: name, text: name }))}
              onChange={setChosen}
            />
          </div>
        )}
        <label class="field">
          <span class="field-name">Id</span>
          <input
            ref={input}
            class="input mono"
            value={id}
            spellcheck={false}
            autocomplete="off"
            autocapitalize="off"
            aria-invalid={problem !== undefined}
            aria-describedby="new-actor-hint"
            onInput={(event) => setId(event.currentTarget.value)}
          />
        </label>
        <p id="new-actor-hint" class={problem === undefined ? "hint" : "hint bad"} role="status">
          {problem ?? "It is there from its first call on: next you choose the method."}
        </p>
        <footer class="dialog-footer">
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" isDisabled={id === "" || problem !== undefined}>
            Go on
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}

const MAX_ID_BYTES = 512;

function problemWith(id: string): string | undefined {
  if (!id.isWellFormed()) return "An id is well-formed text.";
  if (/\p{Cc}/u.test(id)) return "An id has no control characters.";
  const bytes = new TextEncoder().encode(id).length;
  return bytes > MAX_ID_BYTES ? `An id has at most ${MAX_ID_BYTES} bytes; this one has ${bytes}.` : undefined;
}
