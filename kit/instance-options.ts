import { LOG_LEVELS, type LogLevel } from "../core/ports/log.ts";
import { isObject } from "../lib/json.ts";
import { matchesAny } from "../lib/util/matches-any.ts";
import { didYouMean } from "../lib/util/nearest.ts";
import { isIdPattern } from "./event-filter.ts";
import type { ListenerManifest } from "./parts/listeners.ts";
import type { Named } from "./parts/part.ts";
import { type StandardSchema, toJsonSchema } from "./schema.ts";

/**
 * The options that every plugin has beside its own. `Listeners`: by listener, its event names.
 * @example
 * const audit: InstanceOptions<{ notify: "record.create" | "record.delete" }> = {
 *   name: "audit",
 *   logLevel: "DEBUG",
 *   listeners: { notify: { on: ["record.delete"], buckets: ["blog"] } },
 * };
 */
export interface InstanceOptions<Listeners extends Named<string> = Named<string>> {
  /**
   * The name of the plugin in this config; the definition's when absent. Needed to list a plugin several times. It
   * prefixes queues, functions, variables and user ids, as the definition's name does.
   */
  readonly name?: string;
  /** The lowest level that the plugin logs; the store's level when absent. */
  readonly logLevel?: LogLevel;
  /** Limits listeners to some of their events. */
  readonly listeners?: [keyof Listeners] extends [never]
    ? never
    : { readonly [Name in keyof Listeners]?: ListenerLimits<Listeners[Name]> };
}

/** Limits of one listener. Each must be within what the plugin subscribes to. */
interface ListenerLimits<Name extends string> {
  /** Events such as `["record.create"]`; all of the listener's when absent. */
  readonly on?: readonly Name[];
  /** Bucket ids; `*` in an id matches any characters. */
  readonly buckets?: readonly string[];
  /** Collection ids, likewise. */
  readonly collections?: readonly string[];
}

/** The names of {@link InstanceOptions}. */
export const INSTANCE_OPTION_NAMES = ["name", "logLevel", "listeners"] as const;

/** {@link InstanceOptions} as the operator wrote them, not checked. */
type WrittenOptions = { readonly [Name in (typeof INSTANCE_OPTION_NAMES)[number]]?: unknown };

const isInstanceOption = (name: string): boolean => INSTANCE_OPTION_NAMES.some((one) => one === name);

/**
 * Separates the options that every plugin has from the plugin's own. Only functions that read options before they call
 * `definePlugin` need it.
 * @example
 * splitOptions({ name: "audit", from: "a@example.org" }).own; // { from: "a@example.org" }
 */
export const splitOptions = <Input>(options: Input): { readonly own: Input; readonly instance: WrittenOptions } => {
  if (!isObject(options) || !Object.keys(options).some(isInstanceOption)) return { own: options, instance: {} };
  const entries = Object.entries(options);
  return {
    // Without the options of InstanceOptions, the rest is what the plugin's schema accepts.
    own: Object.fromEntries(entries.filter(([name]) => !isInstanceOption(name))) as Input,
    instance: Object.fromEntries(entries.filter(([name, value]) => isInstanceOption(name) && value !== undefined)),
  };
};

interface OptionIssue {
  readonly path: readonly string[];
  readonly message: string;
}

/** Issues of the options that do not depend on the plugin's own. */
export const instanceOptionIssues = (
  instance: WrittenOptions,
  schema: StandardSchema<unknown, unknown> | undefined,
): OptionIssue[] => {
  const { name, logLevel } = instance;
  const used = Object.keys(instance);
  const properties = used.length === 0 || schema === undefined ? undefined : toJsonSchema(schema)?.properties;
  return [
    ...(isObject(properties) ? used.filter((option) => Object.hasOwn(properties, option)) : []).map((option) => ({
      path: ["config", option],
      message: "is an option that every plugin has. Rename it in the plugin's schema.",
    })),
    ...(name === undefined || typeof name === "string"
      ? []
      : [{ path: ["name"], message: 'must be a string, for example "audit".' }]),
    ...(logLevel === undefined || LOG_LEVELS.some((level) => level === logLevel)
      ? []
      : [{ path: ["logLevel"], message: `must be one of ${LOG_LEVELS.join(", ")}.` }]),
  ];
};

const LIMIT_NAMES = ["on", "buckets", "collections"] as const satisfies readonly (keyof ListenerLimits<string>)[];

/** Applies `listeners` of the options to a plugin's listeners, or lists what is wrong with them. */
export const limitListeners = (
  listeners: Named<ListenerManifest>,
  limits: unknown,
): { readonly issues: readonly OptionIssue[]; readonly listeners: Named<ListenerManifest> } => {
  if (limits === undefined) return { issues: [], listeners };
  if (!isObject(limits))
    return { issues: [{ path: ["listeners"], message: "must be an object of limits by listener." }], listeners };
  const issues = Object.entries(limits).flatMap(([name, limit]): OptionIssue[] => {
    const path = ["listeners", name];
    const listener = Object.hasOwn(listeners, name) ? listeners[name] : undefined;
    if (listener === undefined) {
      const known = Object.keys(listeners);
      return [{ path, message: `there is no such listener. ${didYouMean(name, known)}` }];
    }
    if (!isObject(limit)) return [{ path, message: 'must be an object, for example { buckets: ["blog"] }.' }];
    const unknown = Object.keys(limit).filter((field) => !LIMIT_NAMES.some((one) => one === field));
    return [
      ...unknown.map((field) => ({
        path: [...path, field],
        message: `is not a limit of a listener. ${didYouMean(field, LIMIT_NAMES)}`,
      })),
      ...LIMIT_NAMES.flatMap((field) =>
        [...limitIssues(limit[field], listener[field]), ...(field === "on" ? [] : idIssues(limit[field]))].map(
          (message) => ({ path: [...path, field], message }),
        ),
      ),
    ];
  });
  if (issues.length > 0) return { issues, listeners };
  const limited = Object.entries(listeners).map(([name, listener]) => [
    name,
    { ...listener, ...(Object.hasOwn(limits, name) && (limits[name] as Partial<ListenerManifest>)) },
  ]);
  return { issues: [], listeners: Object.fromEntries(limited) };
};

/** What is wrong with a limit. @param allowed what the plugin subscribes to; everything when absent */
const limitIssues = (limit: unknown, allowed: readonly string[] | undefined): string[] => {
  if (limit === undefined) return [];
  if (!Array.isArray(limit) || limit.length === 0 || limit.some((one) => typeof one !== "string"))
    return ["must be a list of at least one string. Remove it for no limit."];
  // A pattern is within another one if the other matches its text: its star can only be matched by a star.
  return (limit as readonly string[])
    .filter((one) => !matchesAny(allowed, one))
    .map((one) => `'${one}' is not within what the plugin subscribes to: ${allowed?.join(", ")}.`);
};

/** No object has such an id, so that the listener would never run. */
const idIssues = (ids: unknown): string[] =>
  (Array.isArray(ids) ? ids : [])
    .filter((id) => typeof id === "string" && !isIdPattern(id))
    .map((id) => `'${id}' is not an id. Use letters, digits, "-" and "_"; "*" matches any characters.`);

interface NamedPlugin {
  readonly name: string;
  readonly definitionName: string;
}

/** Whether a name that an author wrote means a plugin: its name in the config, or in its definition. */
export const hasName = ({ name, definitionName }: NamedPlugin, written: string): boolean =>
  name === written || definitionName === written;

/** The plugin that a name means: that of this name in the config, or else the first one of this definition. */
export const findPlugin = <Manifest extends NamedPlugin>(
  plugins: readonly Manifest[],
  written: string,
): Manifest | undefined =>
  plugins.find(({ name }) => name === written) ?? plugins.find((plugin) => hasName(plugin, written));
