import { useId, useState } from "preact/hooks";
import { Button, Field } from "../../components/index.ts";
import { COMPARISONS, type Comparison, describeFilter, type Filter } from "./filters.ts";

interface FilterBarProps {
  readonly filters: readonly Filter[];
  /** Suggested for conditions. */
  readonly fields: readonly string[];
  readonly onChange: (filters: readonly Filter[]) => void;
  /** A field, or `-` and a field; "" for the order of the store. */
  readonly sort: string;
  readonly onSort: (sort: string) => void;
}

/** The conditions of a list, and a form to add one. */
export const FilterBar = ({ filters, fields, onChange, sort, onSort }: FilterBarProps) => {
  const [isOpen, setOpen] = useState(false);
  return (
    <div class="stack-small">
      <div class="row">
        <Button small icon="filter" expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          Filter
        </Button>
        {filters.map((filter, index) => (
          <Chip
            key={describeFilter(filter)}
            text={describeFilter(filter)}
            label={`Remove the filter ${describeFilter(filter)}`}
            onRemove={() => onChange(filters.filter((_, other) => other !== index))}
          />
        ))}
        {sort !== "" && (
          <Chip
            text={`sorted by ${sort.replace("-", "")}${sort.startsWith("-") ? ", descending" : ""}`}
            label="Remove the order"
            onRemove={() => onSort("")}
          />
        )}
      </div>
      {isOpen && (
        <FilterForm
          fields={fields}
          onAdd={(filter) => {
            setOpen(false);
            onChange([...filters, filter]);
          }}
        />
      )}
    </div>
  );
};

interface ChipProps {
  readonly text: string;
  /** Of the button. */
  readonly label: string;
  readonly onRemove: () => void;
}

const Chip = ({ text, label, onRemove }: ChipProps) => (
  <span class="chip">
    <span class="chip-text">{text}</span>
    <Button small tone="quiet" icon="close" label={label} onClick={onRemove} />
  </span>
);

interface FilterFormProps {
  readonly fields: readonly string[];
  readonly onAdd: (filter: Filter) => void;
}

const FilterForm = ({ fields, onAdd }: FilterFormProps) => {
  const [field, setField] = useState("");
  const [comparison, setComparison] = useState<Comparison>("");
  const [value, setValue] = useState("");
  const listId = useId();
  return (
    <form
      class="panel filter-form"
      onSubmit={(event) => {
        event.preventDefault();
        onAdd({ field: field.trim(), comparison, value: comparison === "has_" ? "true" : value });
      }}
    >
      <Field label="Field">
        {(attributes) => (
          <>
            <input
              {...attributes}
              required
              data-search
              list={listId}
              autocapitalize="off"
              autocomplete="off"
              spellcheck={false}
              value={field}
              onInput={(event) => setField(event.currentTarget.value)}
            />
            <datalist id={listId}>
              {fields.map((name) => (
                <option key={name} value={name} />
              ))}
            </datalist>
          </>
        )}
      </Field>
      <Field label="Comparison">
        {(attributes) => (
          <select
            {...attributes}
            value={comparison}
            onChange={(event) => setComparison(event.currentTarget.value as Comparison)}
          >
            {Object.entries(COMPARISONS).map(([prefix, label]) => (
              <option key={prefix} value={prefix}>
                {label}
              </option>
            ))}
          </select>
        )}
      </Field>
      {comparison !== "has_" && (
        <Field label="Value">
          {(attributes) => (
            <input
              {...attributes}
              autocomplete="off"
              value={value}
              onInput={(event) => setValue(event.currentTarget.value)}
            />
          )}
        </Field>
      )}
      <Button type="submit" tone="primary">
        Add
      </Button>
    </form>
  );
};
