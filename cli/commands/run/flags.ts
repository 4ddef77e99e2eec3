import { type Command, InvalidArgumentError, Option } from "commander";
import { UserError } from "../../../config/user-error.ts";
import { listTypes, propertySchema, type StandardSchema, toJsonSchema } from "../../../kit/schema.ts";
import { isObject, type JsonObject, toExactNumber } from "../../../lib/json.ts";

interface Flag {
  /** The property in the schema: `dryRun` for `--dry-run`. */
  readonly property: string;
  readonly name: string;
  readonly type: "boolean" | "number" | "string";
  /** Whether it may be repeated. */
  readonly isList: boolean;
  readonly isRequired: boolean;
  readonly about: string;
}

/** Names of the options that choose the store. They win over flags of the same name. */
const RESERVED_NAMES = ["data", "memory", "stack", "help"];

/** Adds the flags of a schema to a command line. Nothing is added when there is no schema. */
export const addFlags = (command: Command, schema: StandardSchema | undefined): Command => {
  for (const flag of flagsOf(schema).filter(({ name }) => !RESERVED_NAMES.includes(name)))
    for (const option of toOptions(flag)) command.addOption(option);
  return command;
};

/**
 * Validates flags by their schema. Throws a {@link UserError} that names each wrong flag.
 *
 * @returns `undefined` when there is no schema
 */
export const readFlags = async (
  schema: StandardSchema | undefined,
  options: Readonly<Record<string, unknown>>,
): Promise<unknown> => {
  if (schema === undefined) return undefined;
  const flags = flagsOf(schema);
  const properties = new Map(flags.map(({ name, property }) => [toCamelCase(name), property]));
  const input = Object.fromEntries(Object.entries(options).map(([key, value]) => [properties.get(key) ?? key, value]));
  const { value, issues } = { value: undefined, ...(await schema["~standard"].validate(input)) };
  if (issues === undefined) return value;
  throw new UserError(
    issues.map(({ message, path = [] }) => {
      const [property] = path.map((step) => String(typeof step === "object" ? step.key : step));
      if (property === undefined) return message;
      const flag = `--${toFlagName(property)}`;
      const isMissing =
        input[property] === undefined && flags.some((one) => one.property === property && one.isRequired);
      return isMissing ? `${flag} is required.` : `${flag}: ${message}`;
    }),
  );
};

/** The usage of a schema's flags: ` --title TEXT [--tag TEXT …] [--dry-run]`. Empty when there is no schema. */
export const formatFlags = (schema: StandardSchema | undefined): string =>
  flagsOf(schema)
    .map(({ name, type, isList, isRequired }) => {
      const value = type === "boolean" ? "" : type === "string" ? " TEXT" : " NUMBER";
      const flag = `--${name}${value}${isList ? " …" : ""}`;
      return isRequired ? ` ${flag}` : ` [${flag}]`;
    })
    .join("");

const flagsOf = (schema: StandardSchema | undefined): readonly Flag[] => {
  const described = schema && toJsonSchema(schema);
  const required = Array.isArray(described?.required) ? described.required.map(String) : [];
  const properties = isObject(described?.properties) ? Object.keys(described.properties) : [];
  return properties.map((property) => {
    const schema = propertySchema(described, property) ?? {};
    const isList = schema.type === "array";
    const { description } = schema;
    return {
      property,
      name: toFlagName(property),
      type: valueTypeOf(isList && isObject(schema.items) ? schema.items : schema),
      isList,
      isRequired: required.includes(property),
      about: [
        ...(typeof description === "string" ? [description] : []),
        ...(isList ? ["may be repeated"] : []),
        ...(required.includes(property) ? ["required"] : []),
      ].join("; "),
    };
  });
};

const valueTypeOf = (schema: JsonObject): Flag["type"] => {
  const types = new Set(listTypes(schema).map((type) => (type === "integer" ? "number" : type)));
  const [only] = types;
  return types.size === 1 && (only === "boolean" || only === "number") ? only : "string";
};

const toOptions = ({ name, type, isList, about }: Flag): readonly Option[] => {
  if (type === "boolean") return [new Option(`--${name}`, about), new Option(`--no-${name}`).hideHelp()];
  const parse = type === "number" ? parseNumber : (text: string) => text;
  const option = new Option(`--${name} <${type === "number" ? "number" : "text"}>`, about);
  let isGiven = false;
  return [
    option.argParser((text: string, previous: unknown) => {
      if (isList) return [...(Array.isArray(previous) ? previous : []), parse(text)];
      if (isGiven) throw new InvalidArgumentError("It is given more than once.");
      isGiven = true;
      return parse(text);
    }),
  ];
};

const parseNumber = (text: string): number | bigint => {
  const number = Number(text);
  if (text.trim() === "" || !Number.isFinite(number)) throw new InvalidArgumentError("Expected a number.");
  return /^-?\d+$/.test(text) ? toExactNumber(number, text) : number;
};

/** `dryRun` is given as `--dry-run`. */
const toFlagName = (property: string): string => property.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** The key under which commander returns a flag. */
const toCamelCase = (name: string): string => name.replace(/-(\w?)/g, (_, letter: string) => letter.toUpperCase());
