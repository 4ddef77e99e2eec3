import type { Resources } from "../../core/resources.ts";
import { isObject } from "../../lib/json.ts";
import { didYouMean } from "../../lib/util/nearest.ts";
import { truncateText } from "../../lib/util/truncate-text.ts";
import type { PluginContext } from "../context.ts";
import type { AnyDefinition, PluginManifest } from "../plugin.ts";

/**
 * One part of a plugin definition: its field, the shape of its entries, its checks, and how it is resolved and bound.
 * A new part is one file in this folder and its lines in `index.ts`.
 */
export interface Part<Manifest, Instance = undefined> {
  /** The type of the definition's field. */
  readonly kind: Kind;
  /** The fields of each named entry, or of the part itself if `kind` is not named entries. */
  readonly shape?: Shape;
  /** Whether {@link shape} is of the part itself, and not of entries by name. */
  readonly single?: boolean;
  /** Issues of a written definition beyond {@link shape}. */
  readonly shapeIssues?: (value: object) => DefinitionIssue[];
  /** What is known of the part without starting the plugin. */
  readonly resolve: (definition: AnyDefinition, config: unknown) => Manifest;
  /** Issues of the resolved part, alone and together with other plugins. */
  readonly check?: (plugin: PluginManifest, context: CheckContext) => PartIssue[];
  /** The part's functions, bound to the plugin's options and services. */
  readonly bind?: (definition: AnyDefinition, context: PluginContext<unknown, unknown>) => Instance;
}

/** What a check may compare a plugin with. */
export interface CheckContext {
  /** All active plugins, in the config's order. */
  readonly plugins: readonly PluginManifest[];
  /** The types of objects; `undefined` when the plugins' own could not be read. */
  readonly resources: Resources | undefined;
}

/** One problem of a resolved definition. */
export interface PartIssue {
  /** The path in the plugin's definition, such as `listeners.index.on`. */
  readonly path: string;
  readonly message: string;
}

/** One problem of a definition as it is written. */
export interface DefinitionIssue {
  readonly path: readonly string[];
  readonly message: string;
}

export type Named<Value> = Readonly<Record<string, Value>>;

/** A field's kind; with `!` if the field is required. Numbers are checked where their ranges are known. */
export type Kind = keyof typeof KIND_WORDS;
export type Shape = Named<Kind | `${Kind}!`>;
/** A shape that names each field of a type. */
export type ShapeOf<Definition> = { readonly [Field in keyof Required<Definition>]: Kind | `${Kind}!` };

const KIND_WORDS = {
  any: "set",
  text: "a string",
  flag: "true or false",
  list: "a list",
  object: "an object",
  function: "a function",
  ofOptions: "a function of the options that returns it",
  schema: "a Standard Schema, such as one of zod",
} as const;

/** The fields of a {@link CollectionFilter}. */
export const COLLECTION_FILTER_SHAPE = { buckets: "ofOptions", collections: "ofOptions" } as const;
/** The fields of job limits. */
export const JOB_LIMITS_SHAPE = { timeLimit: "any", retries: "any", expiry: "any" } as const;

/** Returns a value, or what a function of the options returns. */
export const ofOptions = <Value>(value: Value | ((config: unknown) => Value), config: unknown): Value =>
  typeof value === "function" ? (value as (config: unknown) => Value)(config) : value;

/** Issues of a value's shape: unknown, missing and mistyped fields. */
export const findShapeIssues = (value: unknown, shape: Shape, path: readonly string[]): DefinitionIssue[] => {
  if (!isObject(value)) return [{ path, message: `must be an object, not ${describeValue(value)}` }];
  const fields = Object.keys(shape);
  const unknown = Object.keys(value)
    .filter((field) => !fields.includes(field))
    .map((field) => ({ path: [...path, field], message: `is not a known field. ${didYouMean(field, fields)}` }));
  return [
    ...unknown,
    ...Object.entries(shape).flatMap(([field, wanted]) => {
      const kind = wanted.replace("!", "") as Kind;
      const at = [...path, field];
      const actual = (value as Named<unknown>)[field];
      if (actual === undefined)
        return wanted === kind ? [] : [{ path: at, message: `is missing: it must be ${KIND_WORDS[kind]}` }];
      return IS_KIND[kind](actual)
        ? []
        : [{ path: at, message: `must be ${KIND_WORDS[kind]}, not ${describeValue(actual)}` }];
    }),
  ];
};

/** Issues of a part's shape, in its entries or in itself. */
export const findPartShapeIssues = (key: string, part: Part<unknown, unknown>, value: unknown): DefinitionIssue[] => {
  if (!isObject(value)) return [];
  const { shape, single, shapeIssues } = part;
  const own =
    shape === undefined
      ? []
      : single
        ? findShapeIssues(value, shape, [key])
        : Object.entries(value).flatMap(([name, entry]) =>
            findShapeIssues(entry, shape, key === "routes" ? [`routes['${name}']`] : [key, name]),
          );
  return [...own, ...(shapeIssues?.(value) ?? [])];
};

/** Issues of names that appear in paths or commands. */
export const partNameIssues = (key: string, entries: Named<unknown>): PartIssue[] =>
  Object.keys(entries)
    .filter((name) => !/^[a-zA-Z][a-zA-Z0-9_-]{0,40}$/.test(name))
    .map((name) => ({
      path: `${key}.${name}`,
      message: "must be 1 to 41 letters, digits, '-' and '_', and start with a letter.",
    }));

/** A part of a request may take at most this long: requests have 29 seconds in AWS. */
const MAX_TIMEOUT_SECONDS = 25;

/** Issues of a time limit in seconds. */
export const timeoutIssues = (path: string, timeout: unknown): PartIssue[] =>
  typeof timeout === "number" && timeout > 0 && timeout <= MAX_TIMEOUT_SECONDS
    ? []
    : [
        {
          path: `${path}.timeout`,
          message: `must be a number of seconds above 0 and at most ${MAX_TIMEOUT_SECONDS}, not ${String(timeout)}.`,
        },
      ];

const IS_KIND: Readonly<Record<Kind, (value: unknown) => boolean>> = {
  any: () => true,
  text: (value) => typeof value === "string",
  flag: (value) => typeof value === "boolean",
  list: Array.isArray,
  object: isObject,
  function: (value) => typeof value === "function",
  ofOptions: (value) => typeof value === "function",
  schema: (value) => {
    const standard: unknown = (value as { readonly "~standard"?: unknown } | null)?.["~standard"];
    return isObject(standard) && typeof standard.validate === "function";
  },
};

const describeValue = (value: unknown): string => {
  if (Array.isArray(value)) return "a list";
  if (value === null || typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value === "string") return `'${truncateText(value, 50, "…")}'`;
  return value === undefined ? "absent" : typeof value === "object" ? "an object" : `a ${typeof value}`;
};
