import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { Button } from "./button.tsx";
import { type JsonSchema, SchemaField, type SchemaObject } from "./schema-field.tsx";

interface FormProps {
  readonly schema: JsonSchema;
  readonly value: SchemaObject;
  /** May throw or reject: the caller shows the error. */
  readonly onSubmit: (value: SchemaObject) => Promise<void> | void;
  /** Also called for each change. */
  readonly onChange?: (value: SchemaObject) => void;
  readonly submitLabel?: string;
  /** What is wrong with fields, by their names. */
  readonly errors?: Readonly<Record<string, string>>;
  readonly disabled?: boolean;
  /** More buttons. */
  readonly actions?: ComponentChildren;
}

/** A form made from a JSON Schema. Fields of the value that the schema does not have are kept. */
export const Form = (props: FormProps) => {
  const { schema, value, onSubmit, onChange, submitLabel = "Save", errors = {}, disabled = false, actions } = props;
  const [draft, setDraft] = useState(value);
  const [broken, setBroken] = useState<ReadonlySet<string>>(new Set());
  const [isBusy, setBusy] = useState(false);
  const submit = async (): Promise<void> => {
    setBusy(true);
    try {
      await onSubmit(draft);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form
      class="stack form"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <div class="form-grid">
        <SchemaField
          name=""
          path=""
          schema={schema}
          value={draft}
          isRequired
          errors={errors}
          onChange={(next) => {
            const changed = (next ?? {}) as SchemaObject;
            setDraft(changed);
            onChange?.(changed);
          }}
          onBroken={(path, isBroken) => {
            const next = new Set(broken);
            if (isBroken) next.add(path);
            else next.delete(path);
            setBroken(next);
          }}
        />
      </div>
      <div class="row">
        <Button type="submit" tone="primary" disabled={disabled || isBusy || broken.size > 0}>
          {submitLabel}
        </Button>
        {actions}
      </div>
    </form>
  );
};
