/** Chooses a method, takes its arguments, and calls. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { MethodInfo } from "../../../../api";
import { Badge, Kbd } from "../../../parts/badge";
import { Button } from "../../../parts/button";
import { Segmented, Select } from "../../../parts/fields";
import { server } from "../../../server/client";
import { type Problem, problemOf } from "../../../server/problem";
import { type CallMode, type CallRecord, type Draft, draftOf, keepDraft, record } from "../../../state/calls";
import { parseArguments } from "../../../values/arguments";
import type { Json } from "../../../values/json";
import { ArgumentsEditor } from "./arguments-editor";

const MODES: readonly { readonly value: CallMode; readonly text: string; readonly title: string }[] = [
  { value: "call", text: "call", title: "Waits for the result" },
  { value: "send", text: "send", title: "Queues it: nobody waits for the result" },
  { value: "start", text: "start", title: "Queues it, with a result to ask for by its call id" },
];

const isMac = /Mac|iP/.test(navigator.platform);

interface CallFormProps {
  readonly type: string;
  readonly id: string;
  readonly methods: readonly MethodInfo[];
  /** What it is to begin with: a call that was made before. */
  readonly again: CallRecord | undefined;
}

export function CallForm({ type, id, methods, again }: CallFormProps) {
  const names = methods.map(({ name }) => name);
  const [draft, setDraft] = useState<Draft>(() =>
    again !== undefined && names.includes(again.method) ? again : draftOf(type, names),
  );
  const [isRunning, setRunning] = useState(false);
  const [wasTried, setTried] = useState(false);
  const editor = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    if (again !== undefined) editor.current?.focus();
  }, [again]);
  const method = methods.find(({ name }) => name === draft.method) ?? (methods[0] as MethodInfo);
  const change = (part: Partial<Draft>) => {
    const { method: name, mode, text } = { ...draft, method: method.name, ...part };
    setDraft({ method: name, mode, text });
    keepDraft(type, { method: name, mode, text });
    setTried(false);
  };

  const run = async () => {
    if (isRunning) return;
    const { args, problem } = parseArguments(draft.text);
    if (problem !== undefined) {
      setTried(true);
      editor.current?.focus();
      editor.current?.setSelectionRange(problem.offset, problem.offset);
      return;
    }
    setRunning(true);
    await makeCall({ type, id, draft: { ...draft, method: method.name }, args });
    setRunning(false);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    void run();
  };
  const onSubmit = (event: Event) => {
    event.preventDefault();
    void run();
  };

  return (
    <form class="form call-form" aria-label="Call" onSubmit={onSubmit} onKeyDown={onKeyDown}>
      <div class="call-head">
        <h2>Call</h2>
        <Segmented label="Mode" value={draft.mode} options={MODES} onChange={(mode) => change({ mode })} />
      </div>
      <div class="field">
        <Select
          id="call-method"
          label="Method"
          value={method.name}
          options={methods.map(({ name, readonly }) => ({
            value: name,
            text: readonly ? `${name}  (readonly)` : name,
          }))}
          onChange={(name) => change({ method: name, text: "" })}
        />
      </div>
      <p class="signature">
        <code>
          <span class="method">{method.name}</span>({method.parameters ?? "…"})
        </code>
        {method.readonly && (
          <Badge icon="eye" title="It changes nothing, and takes no lease">
            readonly
          </Badge>
        )}
      </p>
      <ArgumentsEditor
        editor={editor}
        text={draft.text}
        parameters={method.parameters}
        isTried={wasTried}
        onInput={(text) => change({ text })}
      />
      <div class="call-foot">
        <span class="hint keys-hint">
          <Kbd>{isMac ? "⌘" : "Ctrl"}</Kbd>
          <Kbd>Enter</Kbd>
        </span>
        <Button kind="primary" icon="run" type="submit" isBusy={isRunning}>
          {draft.mode === "call" ? "Call" : draft.mode === "send" ? "Send" : "Start"} {method.name}
        </Button>
      </div>
    </form>
  );
}

interface MadeCall {
  readonly type: string;
  readonly id: string;
  readonly draft: Draft;
  readonly args: readonly Json[];
}

async function makeCall({ type, id, draft, args }: MadeCall): Promise<void> {
  const { method, mode, text } = draft;
  const atMs = Date.now();
  const from = performance.now();
  const done = (what: { reply: Awaited<ReturnType<typeof server.call>> } | { problem: Problem }) =>
    record({ type, id, method, mode, text, atMs, tookMs: performance.now() - from, ...what });
  try {
    done({ reply: await server.call({ actor: type, id, method, args, mode }) });
  } catch (thrown) {
    done({ problem: problemOf(thrown) });
  }
}
