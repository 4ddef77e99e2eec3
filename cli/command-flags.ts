import { parseArgs } from "node:util";
import { propertySchema, toJsonSchema } from "../config/json-schema.ts";
import { UserError } from "../config/problem.ts";
import type { OptionsSchema } from "../kit/schema.ts";
import { isObject, type Json, type JsonObject } from "../lib/json.ts";
import { nearest } from "../lib/util/nearest.ts";

/** What a command's flags are read as, by their names on the command line: `--dry-run` for `dryRun`. */
type Types = ReadonlyMap<string, { readonly property: string; readonly type: string; readonly many: boolean }>;

/** Reads a command's flags by its schema; throws what is wrong with them, and how the command is used. @param command as it is called, such as `run blog publish` */
export const readFlags = async (
  command: string,
  schema: OptionsSchema | undefined,
  args: readonly string[],
): Promise<unknown> => {
  const types = typesOf(schema);
  const usage = `npm run -s kintoun -- ${command}${usageOf(schema)}`;
  const given = parse(args, types, usage);
  if (schema === undefined) return undefined;
  const { value, issues } = { value: undefined, ...(await schema["~standard"].validate(given)) };
  if (issues === undefined) return value;
  const told = issues.map(({ message, path = [] }) => {
    const [property] = path.map((step) => (typeof step === "object" ? step.key : step));
    return property === undefined ? message : `--${flagOf(String(property))}: ${message}`;
  });
  throw new UserError([...told, usage]);
};

/** How a command's flags are given: ` --title TEXT [--tag TEXT …] [--dry-run]`; nothing when it takes none. */
export const usageOf = (schema: OptionsSchema | undefined): string => {
  const required = requiredOf(schema);
  return [...typesOf(schema)]
    .map(([flag, { property, type, many }]) => {
      const shown = `--${flag}${type === "boolean" ? "" : ` ${type === "string" ? "TEXT" : "NUMBER"}`}${many ? " …" : ""}`;
      return required.includes(property) ? ` ${shown}` : ` [${shown}]`;
    })
    .join("");
};

const parse = (args: readonly string[], types: Types, usage: string): JsonObject => {
  const options = Object.fromEntries(
    [...types].map(([flag, { type }]) => [
      flag,
      { type: type === "boolean" ? ("boolean" as const) : ("string" as const) },
    ]),
  );
  const { tokens } = parseArgs({ args: [...args], strict: false, allowNegative: true, tokens: true, options });
  const given = new Map<string, Json>();
  for (const token of tokens) {
    if (token.kind === "option-terminator") continue;
    if (token.kind === "positional") throw new UserError([`'${token.value}' belongs to no flag.`, usage]);
    const known = types.get(token.name) ?? types.get(token.name.replace(/^no-/, ""));
    if (known === undefined) throw new UserError([`${token.rawName} is not known. ${meant(token.name, types)}`, usage]);
    const value = readValue(token, known.type, usage);
    const before = given.get(known.property);
    if (before !== undefined && !known.many) throw new UserError([`${token.rawName} is given more than once.`, usage]);
    given.set(known.property, known.many ? [...(Array.isArray(before) ? before : []), value] : value);
  }
  return Object.fromEntries(given);
};

const readValue = (
  { name, rawName, value }: { name: string; rawName: string; value?: string | undefined },
  type: string,
  usage: string,
): Json => {
  if (type === "boolean") {
    if (value === undefined) return !(rawName === `--no-${name}` || rawName.startsWith("--no-"));
    if (value === "true" || value === "false") return value === "true";
    throw new UserError([`${rawName} takes no value, or true or false, not '${value}'.`, usage]);
  }
  if (value === undefined) throw new UserError([`${rawName} takes a value.`, usage]);
  if (type === "string") return value;
  if (value.trim() === "" || !Number.isFinite(Number(value)))
    throw new UserError([`${rawName} takes a number, not '${value}'.`, usage]);
  return Number(value);
};

const meant = (name: string, types: Types): string => {
  const near = nearest(name, [...types.keys()]);
  return near === undefined ? "" : `Did you mean '--${near}'?`;
};

const typesOf = (schema: OptionsSchema | undefined): Types => {
  const described = schema && toJsonSchema(schema);
  const properties = isObject(described?.properties) ? Object.keys(described.properties) : [];
  return new Map(
    properties.map((property) => {
      const { type, items } = propertySchema(described, property) ?? {};
      const many = type === "array";
      const one = many ? (isObject(items) ? items.type : undefined) : type;
      return [
        flagOf(property),
        {
          property,
          type: one === "boolean" ? "boolean" : one === "number" || one === "integer" ? "number" : "string",
          many,
        },
      ];
    }),
  );
};

const requiredOf = (schema: OptionsSchema | undefined): readonly string[] => {
  const required = schema && toJsonSchema(schema)?.required;
  return Array.isArray(required) ? required.map(String) : [];
};

/** `dryRun` is given as `--dry-run`. */
const flagOf = (property: string): string => property.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
