import { useId, useRef } from "preact/hooks";
import type { JsonError } from "../lib/exact-json.ts";
import { readJson } from "../lib/exact-json.ts";

interface JsonEditorProps {
  readonly label: string;
  readonly value: string;
  readonly onInput: (text: string) => void;
  /** Lines that are visible at first. */
  readonly rows?: number;
  readonly readOnly?: boolean;
  readonly hideLabel?: boolean;
}

/** More lines have no numbers: their text is still edited. */
const MAX_NUMBERED_LINES = 5000;

/** Edits JSON as text, with line numbers and the place of a mistake. */
export const JsonEditor = ({
  label,
  value,
  onInput,
  rows = 16,
  readOnly = false,
  hideLabel = false,
}: JsonEditorProps) => {
  const id = useId();
  const numbers = useRef<HTMLPreElement>(null);
  const read = readJson(value);
  const error = "error" in read && value.trim() !== "" ? read.error : undefined;
  const lines = Math.min(value.split("\n").length, MAX_NUMBERED_LINES);
  return (
    <div class="field">
      <label class={hideLabel ? "hidden" : "field-label"} for={id}>
        {label}
      </label>
      <div class={error === undefined ? "editor" : "editor editor-bad"}>
        <div class="editor-lines" aria-hidden="true">
          <pre ref={numbers}>{Array.from({ length: lines }, (_, index) => index + 1).join("\n")}</pre>
        </div>
        <textarea
          id={id}
          class="editor-text"
          rows={rows}
          spellcheck={false}
          autocapitalize="off"
          autocomplete="off"
          readOnly={readOnly}
          value={value}
          aria-invalid={error !== undefined}
          aria-describedby={`${id}-error`}
          onInput={(event) => onInput(event.currentTarget.value)}
          onScroll={(event) => {
            if (numbers.current !== null)
              numbers.current.style.transform = `translateY(-${event.currentTarget.scrollTop}px)`;
          }}
        />
      </div>
      <span class="field-error" id={`${id}-error`} role="status">
        {error !== undefined && describeJsonError(error)}
      </span>
    </div>
  );
};

export const describeJsonError = ({ message, line, column }: JsonError): string =>
  `The text is not valid JSON at line ${line}, column ${column}: ${message}`;
