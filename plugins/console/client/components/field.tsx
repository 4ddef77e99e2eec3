import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

interface FieldProps {
  readonly label: string;
  readonly help?: string | undefined;
  readonly error?: string | undefined;
  readonly isRequired?: boolean;
  readonly hideLabel?: boolean;
  /** Takes the whole width of a form. */
  readonly isWide?: boolean;
  /** Renders the control with the attributes that name it. */
  readonly children: (attributes: FieldAttributes) => ComponentChildren;
}

interface FieldAttributes {
  readonly id: string;
  readonly class: string;
  readonly "aria-describedby": string | undefined;
  readonly "aria-invalid": boolean | undefined;
}

/** A control with its label, help and error. */
export const Field = ({
  label,
  help,
  error,
  isRequired = false,
  hideLabel = false,
  isWide = false,
  children,
}: FieldProps) => {
  const id = useId();
  const describedBy = [help === undefined ? "" : `${id}-help`, error === undefined ? "" : `${id}-error`]
    .join(" ")
    .trim();
  return (
    <div class={isWide ? "field form-wide" : "field"}>
      <label class={hideLabel ? "hidden" : "field-label"} for={id}>
        {label}
        {isRequired && <span class="muted"> (required)</span>}
      </label>
      {children({
        id,
        class: "input",
        "aria-describedby": describedBy === "" ? undefined : describedBy,
        "aria-invalid": error === undefined ? undefined : true,
      })}
      {help !== undefined && (
        <span class="field-help" id={`${id}-help`}>
          {help}
        </span>
      )}
      {error !== undefined && (
        <span class="field-error" id={`${id}-error`}>
          {error}
        </span>
      )}
    </div>
  );
};
