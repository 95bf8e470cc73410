/** Where a call's arguments are typed, and what is understood of them. */
import type { Ref } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Icon } from "../../../parts/icon";
import { type ArgumentsProblem, parseArguments } from "../../../values/arguments";
import type { Json } from "../../../values/json";
import { isBranch, preview, read, typeOf } from "../../../values/packed";
import { parameterNames } from "../../../values/parameters";

/** While somebody types, half of a value is no mistake. */
const TYPING_MS = 700;

interface ArgumentsEditorProps {
  readonly editor: Ref<HTMLTextAreaElement>;
  readonly text: string;
  readonly parameters: string | undefined;
  /** It was to be called with this. */
  readonly isTried: boolean;
  readonly onInput: (text: string) => void;
}

export function ArgumentsEditor({ editor, text, parameters, isTried, onInput }: ArgumentsEditorProps) {
  const isTyping = useTyping(text);
  const { args, problem } = parseArguments(text);
  const shown = isTyping && !isTried ? undefined : problem;
  const names = parameters === undefined ? undefined : parameterNames(parameters);
  const hasNone = names?.length === 0;
  const rows = Math.min(14, Math.max(hasNone ? 1 : 3, text.split("\n").length + 1));
  return (
    <div class="field">
      <label class="field-name" for="call-arguments">
        Arguments
        <span class="hint"> JSON, one per line</span>
      </label>
      <textarea
        id="call-arguments"
        ref={editor}
        class="input mono"
        rows={rows}
        value={text}
        spellcheck={false}
        autocomplete="off"
        autocapitalize="off"
        placeholder={hasNone ? "It takes none" : (names ?? []).join("\n")}
        aria-invalid={shown !== undefined}
        aria-describedby="call-arguments-note"
        onInput={(event) => onInput(event.currentTarget.value)}
      />
      <div id="call-arguments-note" aria-live="polite">
        {shown !== undefined && <ProblemNote problem={shown} names={names} />}
        {args !== undefined && args.length > 0 && <Understood args={args} names={names} />}
      </div>
    </div>
  );
}

function useTyping(text: string): boolean {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = window.setTimeout(() => setSettled(text), TYPING_MS);
    return () => window.clearTimeout(timer);
  }, [text]);
  return settled !== text;
}

interface ProblemNoteProps {
  readonly problem: ArgumentsProblem;
  readonly names: readonly string[] | undefined;
}

function ProblemNote({ problem, names }: ProblemNoteProps) {
  const { message, line, column, argument } = problem;
  return (
    <p class="argument-problem">
      <Icon name="warning" />
      <span>
        {message}{" "}
        <span class="where">
          {names?.[argument - 1] ?? `Argument ${argument}`}, line {line}, column {column}
        </span>
      </span>
    </p>
  );
}

interface UnderstoodProps {
  readonly args: readonly Json[];
  readonly names: readonly string[] | undefined;
}

function Understood({ args, names }: UnderstoodProps) {
  const surplus = names !== undefined && args.length > names.length ? args.length - names.length : 0;
  return (
    <ol class="understood" aria-label="What is understood">
      {args.map((value, index) => (
        <li key={index}>
          <span class="argument-name">{names?.[index] ?? index + 1}</span>
          <code class="cut">{preview(value, 48)}</code>
          <span class="type-name">{kindOf(value)}</span>
        </li>
      ))}
      {surplus > 0 && (
        <li class="hint">It has {names?.length === 0 ? "no parameters" : "fewer parameters"}.</li>
      )}
    </ol>
  );
}

function kindOf(value: Json): string {
  const shown = read(value);
  if (isBranch(shown)) return shown.kind === "object" ? "object" : typeOf(shown);
  return shown.type ?? shown.kind;
}
