/** What is typed and chosen. */
import { useRef } from "preact/hooks";
import { useKeys } from "../keyboard/keys";
import { Kbd } from "./badge";
import { IconButton } from "./button";
import { Icon } from "./icon";

interface SearchProps {
  readonly label: string;
  readonly value: string;
  readonly onInput: (text: string) => void;
  /** After Enter or the arrow down: what was found. */
  readonly onLeave?: () => void;
  /** The field that `/` goes to. */
  readonly isMain?: boolean;
}

export function Search({ label, value, onInput, onLeave, isMain = false }: SearchProps) {
  const input = useRef<HTMLInputElement>(null);
  useKeys(isMain ? { "/": () => input.current?.select() } : {});
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape" && value !== "") {
      event.preventDefault();
      onInput("");
    } else if ((event.key === "ArrowDown" || event.key === "Enter") && onLeave !== undefined) {
      event.preventDefault();
      onLeave();
    }
  };
  return (
    <div class="search">
      <Icon name="search" />
      <input
        ref={input}
        type="search"
        aria-label={label}
        placeholder={label}
        value={value}
        spellcheck={false}
        autocomplete="off"
        autocapitalize="off"
        onInput={(event) => onInput(event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      {value !== "" ? (
        <IconButton icon="cross" label="Clear the search" onClick={() => onInput("")} />
      ) : (
        isMain && <Kbd>/</Kbd>
      )}
    </div>
  );
}

interface SelectProps {
  readonly id?: string;
  readonly label: string;
  readonly value: string;
  readonly options: readonly { readonly value: string; readonly text: string }[];
  readonly onChange: (value: string) => void;
}

export function Select({ id, label, value, options, onChange }: SelectProps) {
  return (
    <span class="select">
      <select
        id={id}
        aria-label={label}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.text}
          </option>
        ))}
      </select>
      <Icon name="chevron" />
    </span>
  );
}

interface SegmentedProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly options: readonly { readonly value: T; readonly text: string; readonly title?: string }[];
  readonly onChange: (value: T) => void;
}

/** One of a few, all of them in sight. */
export function Segmented<T extends string>({ label, value, options, onChange }: SegmentedProps<T>) {
  return (
    <fieldset class="segmented" aria-label={label}>
      {options.map((option) => (
        <label key={option.value} title={option.title} class={option.value === value ? "chosen" : ""}>
          <input
            type="radio"
            name={label}
            value={option.value}
            checked={option.value === value}
            onChange={() => onChange(option.value)}
          />
          {option.text}
        </label>
      ))}
    </fieldset>
  );
}
