import { useState } from "preact/hooks";
import { printExactJson, readJson } from "../lib/exact-json.ts";
import { Field } from "./field.tsx";
import { JsonEditor } from "./json-editor.tsx";

/** The parts of JSON Schema that forms are made from. */
export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly title?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly enum?: readonly unknown[];
  readonly items?: JsonSchema;
  readonly format?: string;
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
}

export type SchemaObject = Readonly<Record<string, unknown>>;

interface SchemaFieldProps {
  readonly name: string;
  /** Names from the root, joined by dots. */
  readonly path: string;
  readonly schema: JsonSchema;
  readonly value: unknown;
  readonly isRequired: boolean;
  readonly errors: Readonly<Record<string, string>>;
  /** Called with undefined if the field is empty. */
  readonly onChange: (value: unknown) => void;
  /** Called when text stops or starts being valid. */
  readonly onBroken: (path: string, isBroken: boolean) => void;
}

/** Deeper objects are edited as JSON. */
const MAX_FORM_DEPTH = 4;
/** Texts of this length get several lines. */
const LONG_TEXT_CHARS = 120;

const typeOf = ({ type }: JsonSchema): string | undefined =>
  typeof type === "string" ? type : type?.find((name) => name !== "null");

const isObject = (value: unknown): value is SchemaObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The control of one part of a JSON Schema. */
export const SchemaField = (props: SchemaFieldProps) => {
  const { schema, value, path } = props;
  const type = typeOf(schema);
  if (schema.enum?.every((option) => typeof option !== "object")) return <EnumField {...props} />;
  if (
    schema.properties !== undefined &&
    (value === undefined || isObject(value)) &&
    path.split(".").length <= MAX_FORM_DEPTH
  )
    return <ObjectField {...props} properties={schema.properties} />;
  if (type === "boolean" && (value === undefined || typeof value === "boolean")) return <BooleanField {...props} />;
  if (type === "string" && (value === undefined || typeof value === "string")) return <TextField {...props} />;
  if (
    (type === "number" || type === "integer") &&
    (value === undefined || typeof value === "number" || typeof value === "bigint")
  )
    return <NumberField {...props} />;
  if (type === "array" && isLines(schema, value)) return <LinesField {...props} />;
  return <JsonField {...props} />;
};

/** Whether a value can be edited as lines: it is a list of texts. */
const isLines = ({ items }: JsonSchema, value: unknown): boolean =>
  value === undefined
    ? items !== undefined && typeOf(items) === "string"
    : Array.isArray(value) && value.every((item) => typeof item === "string" && !item.includes("\n") && item !== "");

/** A field may have the name of something that each object inherits, such as `constructor`. */
const errorAt = (errors: SchemaFieldProps["errors"], path: string): string | undefined =>
  Object.hasOwn(errors, path) ? errors[path] : undefined;

const labelOf = ({ schema, name }: SchemaFieldProps): string => schema.title ?? name;

const ObjectField = (props: SchemaFieldProps & { readonly properties: NonNullable<JsonSchema["properties"]> }) => {
  const { path, schema, value, onChange, properties } = props;
  const object = isObject(value) ? value : {};
  const fields = Object.entries(properties).map(([name, part]) => (
    <SchemaField
      key={name}
      {...props}
      name={name}
      path={path === "" ? name : `${path}.${name}`}
      schema={part}
      value={Object.hasOwn(object, name) ? object[name] : undefined}
      isRequired={schema.required?.includes(name) ?? false}
      onChange={(next) => {
        const others = Object.entries(object).filter(([other]) => other !== name);
        const changed =
          next === undefined
            ? others
            : Object.hasOwn(object, name)
              ? replace(object, name, next)
              : [...others, [name, next]];
        onChange(changed.length === 0 && path !== "" ? undefined : Object.fromEntries(changed as [string, unknown][]));
      }}
    />
  ));
  if (path === "") return <>{fields}</>;
  return (
    <fieldset class="fieldset">
      <legend>{labelOf(props)}</legend>
      {fields}
    </fieldset>
  );
};

/** Keeps the order of fields. */
const replace = (object: SchemaObject, name: string, next: unknown): [string, unknown][] =>
  Object.entries(object).map(([key, value]) => [key, key === name ? next : value]);

const TextField = (props: SchemaFieldProps) => {
  const { schema, value, isRequired, onChange, errors, path } = props;
  const text = typeof value === "string" ? value : "";
  const isLong = text.length > LONG_TEXT_CHARS || text.includes("\n") || (schema.maxLength ?? 0) > 400;
  const change = (next: string): void => onChange(next === "" && !isRequired ? undefined : next);
  return (
    <Field
      label={labelOf(props)}
      help={schema.description}
      error={errorAt(errors, path)}
      isRequired={isRequired}
      isWide={isLong}
    >
      {(attributes) =>
        isLong ? (
          <textarea {...attributes} rows={5} value={text} onInput={(event) => change(event.currentTarget.value)} />
        ) : (
          <input
            {...attributes}
            type="text"
            placeholder={schema.format}
            value={text}
            onInput={(event) => change(event.currentTarget.value)}
          />
        )
      }
    </Field>
  );
};

const NumberField = (props: SchemaFieldProps) => {
  const { schema, value, isRequired, onChange, errors, path, onBroken } = props;
  const [text, setText] = useState(value === undefined ? "" : String(value));
  const parsed = parseNumber(text.trim());
  const error = parsed === "invalid" ? "Write a number, such as 12 or 1.5." : errorAt(errors, path);
  return (
    <Field label={labelOf(props)} help={schema.description} error={error} isRequired={isRequired}>
      {(attributes) => (
        <input
          {...attributes}
          type="text"
          inputMode="decimal"
          value={text}
          onInput={(event) => {
            setText(event.currentTarget.value);
            const next = parseNumber(event.currentTarget.value.trim());
            onBroken(path, next === "invalid");
            if (next !== "invalid") onChange(next);
          }}
        />
      )}
    </Field>
  );
};

/** Large integers are kept exactly. */
const parseNumber = (text: string): number | bigint | undefined | "invalid" => {
  if (text === "") return undefined;
  if (/^-?\d+$/.test(text)) return Number.isSafeInteger(Number(text)) ? Number(text) : BigInt(text);
  return /^-?\d*\.?\d+(e[+-]?\d+)?$/i.test(text) ? Number(text) : "invalid";
};

const BooleanField = (props: SchemaFieldProps) => (
  <div class="field form-check">
    <label class="check">
      <input
        type="checkbox"
        checked={props.value === true}
        onChange={(event) => props.onChange(event.currentTarget.checked)}
      />
      {labelOf(props)}
    </label>
    {props.schema.description !== undefined && <span class="field-help">{props.schema.description}</span>}
    {errorAt(props.errors, props.path) !== undefined && (
      <span class="field-error">{errorAt(props.errors, props.path)}</span>
    )}
  </div>
);

const EnumField = (props: SchemaFieldProps) => {
  const { schema, value, isRequired, onChange, errors, path } = props;
  const options = schema.enum ?? [];
  return (
    <Field label={labelOf(props)} help={schema.description} error={errorAt(errors, path)} isRequired={isRequired}>
      {(attributes) => (
        <select
          {...attributes}
          value={String(options.indexOf(value))}
          onChange={(event) => onChange(options[Number(event.currentTarget.value)])}
        >
          <option value="-1">{value === undefined || options.includes(value) ? "" : String(value)}</option>
          {options.map((option, index) => (
            <option key={String(option)} value={String(index)}>
              {String(option)}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
};

const LinesField = (props: SchemaFieldProps) => {
  const { schema, value, isRequired, onChange, errors, path } = props;
  const [text, setText] = useState(Array.isArray(value) ? value.join("\n") : "");
  return (
    <Field
      label={labelOf(props)}
      help={`${schema.description === undefined ? "" : `${schema.description} `}One per line.`}
      error={errorAt(errors, path)}
      isRequired={isRequired}
    >
      {(attributes) => (
        <textarea
          {...attributes}
          rows={Math.min(8, Math.max(2, text.split("\n").length))}
          value={text}
          onInput={(event) => {
            setText(event.currentTarget.value);
            const lines = event.currentTarget.value.split("\n").filter((line) => line !== "");
            onChange(lines.length === 0 && value === undefined ? undefined : lines);
          }}
        />
      )}
    </Field>
  );
};

const JsonField = (props: SchemaFieldProps) => {
  const { schema, value, onChange, onBroken, errors, path, isRequired } = props;
  const [text, setText] = useState(value === undefined ? "" : printExactJson(value, 2));
  return (
    <div class="field form-wide">
      <JsonEditor
        label={`${labelOf(props)} (JSON${isRequired ? ", required" : ""})`}
        rows={Math.min(10, Math.max(2, text.split("\n").length))}
        value={text}
        onInput={(next) => {
          setText(next);
          const read = readJson(next);
          const isBroken = "error" in read && next.trim() !== "";
          onBroken(path, isBroken);
          if (!isBroken) onChange("error" in read ? undefined : read.value);
        }}
      />
      {schema.description !== undefined && <span class="field-help">{schema.description}</span>}
      {errorAt(errors, path) !== undefined && <span class="field-error">{errorAt(errors, path)}</span>}
    </div>
  );
};
