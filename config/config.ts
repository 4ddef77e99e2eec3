import { LOG_LEVELS } from "../core/ports/log.ts";
import type { Resources } from "../core/resources.ts";
import type { Settings } from "../core/settings.ts";
import type { KintounConfig, Observability } from "../kit/config.ts";
import { INSTANCE_OPTION_NAMES } from "../kit/instance-options.ts";
import { readResources } from "../kit/parts/resources.ts";
import { findPluginIssues, type Plugin, type PluginManifest } from "../kit/plugin.ts";
import { toJsonSchema } from "../kit/schema.ts";
import { isObject } from "../lib/json.ts";
import { didYouMean } from "../lib/util/nearest.ts";
import { type DeployOptions, readDeploy } from "./deploy.ts";
import { keepDeployedParts } from "./deployed-parts.ts";
import type { Overrides } from "./environment.ts";
import { readObservability } from "./observability.ts";
import { pluginVariable, pluginVariables } from "./plugin-variables.ts";
import { standaloneIssues } from "./queues.ts";
import { findRouteConflicts } from "./route-owners.ts";
import { readSettings } from "./settings.ts";
import { findUnknownKeys } from "./unknown-keys.ts";
import { UserError } from "./user-error.ts";

/** What the embedded cloud can do with mail: keep it, or send it to the SMTP servers of the plugins. */
const LOCAL_MAIL = ["catch", "smtp"] as const;
export type LocalMail = (typeof LOCAL_MAIL)[number];

/** A valid config, with the overrides of the environment. */
export interface Config {
  readonly settings: Settings;
  /** Salts the user ids of basic authentication. */
  readonly useridHmacSecret: string | undefined;
  /** Salts the ids of personal buckets. */
  readonly defaultBucketHmacSecret: string | undefined;
  /** Variables of plugins, by name. */
  readonly pluginVariables: ReadonlyMap<string, string>;
  /** The active plugins, in the order of the config. */
  readonly plugins: readonly PluginManifest[];
  /** Queues that `kintoun worker` works on instead of a function. */
  readonly standalone: readonly string[];
  /** Whether dead letters are redriven when their plugin has another version. */
  readonly redriveOnDeploy: boolean;
  /** What the embedded cloud does with mail. */
  readonly localMail: LocalMail;
  /** Metrics and traces. */
  readonly observability: Required<Observability>;
  /** How it is deployed. */
  readonly deploy: DeployOptions;
  /** Kinto's resources and those of the plugins. */
  readonly resources: Resources;
}

/** How a config is read. */
export interface ReadOptions {
  /** Whether it is that of a store in AWS, which has no plugins of `local`. */
  readonly isDeployed?: boolean;
}

/** Checks the export of `kintoun.config.ts`. Throws a {@link UserError} that lists all issues with their paths. */
export const readConfig = (
  exported: unknown,
  overrides: Overrides = {},
  { isDeployed = false }: ReadOptions = {},
): Config => {
  const config = checkShape(exported);
  const problems: string[] = [];

  const {
    plugins: chosen,
    useridHmacSecret,
    defaultBucketHmacSecret,
    settings = {},
    placeVariables = new Map(),
    pluginVariables = new Map(),
  } = overrides;
  const read = readSettings({ ...config.settings, ...settings });
  if ("issues" in read) problems.push(...read.issues);
  const observability = readObservability(config.observability, overrides.observability ?? {}, problems);
  const deploy = readDeploy(config.deploy, overrides.deploy ?? {}, problems);

  const plugins: PluginManifest[] = [];
  for (const plugin of selectPlugins(config, chosen, isDeployed, problems)) {
    const result = readPlugin(plugin);
    if (result.issues === undefined) {
      const read = isDeployed ? keepDeployedParts(result.plugin) : result.plugin;
      plugins.push(withLogLevel(read, pluginVariables, problems));
    } else problems.push(...formatPluginIssues(plugin, result.issues));
  }
  problems.push(...variableIssues(plugins, pluginVariables));
  problems.push(...findRouteConflicts(plugins));
  const typed = readResources(plugins);
  if ("issues" in typed) problems.push(...typed.issues);
  const context = { plugins, resources: "issues" in typed ? undefined : typed.resources };
  for (const plugin of plugins)
    for (const { path, message } of findPluginIssues(plugin, context))
      problems.push(`plugins: ${plugin.name}.${path}: ${message}`);
  if (problems.length > 0 || "issues" in read || "issues" in typed) throw new UserError(problems);
  const checked: Config = {
    settings: { ...read.settings, placeVariables },
    useridHmacSecret,
    defaultBucketHmacSecret,
    pluginVariables,
    plugins,
    standalone: overrides.standalone ?? config.standalone ?? [],
    redriveOnDeploy: overrides.redriveOnDeploy ?? config.redriveOnDeploy ?? true,
    localMail: config.localMail ?? "catch",
    observability,
    deploy,
    resources: typed.resources,
  };
  // If KINTOUN_PLUGINS or a deployment leaves out plugins, the config may still name their queues.
  const where = overrides.standalone === undefined ? "kintoun.config.ts: standalone" : "KINTOUN_STANDALONE";
  const hasAll = chosen === undefined && !(isDeployed && config.local !== undefined);
  const unknownQueues = where === "KINTOUN_STANDALONE" || hasAll ? standaloneIssues(checked, where) : [];
  if (unknownQueues.length > 0) throw new UserError(unknownQueues);
  return checked;
};

const checkShape = (exported: unknown): KintounConfig => {
  if (typeof exported !== "object" || exported === null)
    throw new UserError(["kintoun.config.ts must export defineConfig({ plugins: [...] }) as its default."]);
  const keys = [
    "settings",
    "plugins",
    "local",
    "optional",
    "standalone",
    "redriveOnDeploy",
    "localMail",
    "observability",
    "deploy",
  ];
  const unknown = Object.keys(exported).filter((key) => !keys.includes(key));
  const problems = unknown.map((key) => `kintoun.config.ts: ${key} is not a known field. ${didYouMean(key, keys)}`);
  const {
    plugins,
    local = [],
    optional = [],
    settings = {},
    standalone = [],
    redriveOnDeploy = true,
    localMail = "catch",
  } = exported as Partial<KintounConfig>;
  if (!Array.isArray(plugins)) problems.push("kintoun.config.ts: plugins must be a list, for example [basicauth()].");
  if (!Array.isArray(local))
    problems.push("kintoun.config.ts: local must be a list of plugins, for example [basicauth()].");
  if (!Array.isArray(optional))
    problems.push("kintoun.config.ts: optional must be a list of plugins, for example [flush()].");
  if (!isObject(settings)) problems.push("kintoun.config.ts: settings must be an object.");
  if (!Array.isArray(standalone) || standalone.some((name) => typeof name !== "string"))
    problems.push('kintoun.config.ts: standalone must be a list of queue names, for example ["search-index"].');
  if (typeof redriveOnDeploy !== "boolean") problems.push("kintoun.config.ts: redriveOnDeploy must be true or false.");
  if (!LOCAL_MAIL.includes(localMail)) problems.push('kintoun.config.ts: localMail must be "catch" or "smtp".');
  if (problems.length > 0) throw new UserError(problems);
  return exported as KintounConfig;
};

/** A plugin, which is not checked yet, and its place in the config. */
type Entry = readonly [place: string, plugin: unknown];

const haveSameName = ([, a]: Entry, [, b]: Entry): boolean => isPlugin(a) && isPlugin(b) && a.name === b.name;

/**
 * The active plugins: those that KINTOUN_PLUGINS names, else `plugins`, and `local` on a laptop. There, one of `local`
 * replaces the one of `plugins` with its name.
 */
const selectPlugins = (
  { plugins, local = [], optional = [] }: KintounConfig,
  chosen: readonly string[] | undefined,
  isDeployed: boolean,
  problems: string[],
): Plugin[] => {
  const known: Plugin[] = [];
  const entries = {
    plugins: plugins.map((plugin, place): Entry => [`plugins[${place}]`, plugin]),
    local: local.map((plugin, place): Entry => [`local[${place}]`, plugin]),
    optional: optional.map((plugin, place): Entry => [`optional[${place}]`, plugin]),
  };
  const first = isDeployed
    ? entries.plugins
    : entries.plugins.map((entry) => entries.local.find((other) => haveSameName(other, entry)) ?? entry);
  const others = entries.local.filter((entry) => !entries.plugins.some((other) => haveSameName(other, entry)));
  for (const [place, plugin] of [...first, ...others, ...entries.optional]) {
    if (!isPlugin(plugin)) {
      const hint = typeof plugin === "function" ? " Call it with its options, for example basicauth()." : "";
      problems.push(`${place} is not a plugin.${hint}`);
    } else if (!/^[a-z][a-z0-9-]{0,30}$/.test(plugin.name)) {
      problems.push(
        `${place}: '${plugin.name}' is not a valid plugin name. Use at most 31 lower-case letters, digits and dashes, starting with a letter.`,
      );
    } else if (known.some(({ name }) => name === plugin.name)) {
      problems.push(
        `${place}: there is another plugin named '${plugin.name}' before it. Remove one of them, or add the option name, for example name: "${plugin.name}-2".`,
      );
    } else known.push(plugin);
  }
  const names = known.map(({ name }) => name);
  for (const name of chosen ?? [])
    if (!names.includes(name))
      problems.push(`KINTOUN_PLUGINS: kintoun.config.ts has no plugin '${name}'. ${didYouMean(name, names)}`);
  const active = isDeployed ? plugins : [...plugins, ...local];
  return known.filter((plugin) => (chosen === undefined ? active.includes(plugin) : chosen.includes(plugin.name)));
};

/** Finds variables that no plugin needs, and those that two plugins share. */
const variableIssues = (plugins: readonly PluginManifest[], variables: ReadonlyMap<string, string>): string[] => {
  const known = [
    ...pluginVariables(plugins, false),
    ...pluginVariables(plugins, true),
    ...plugins.map(logLevelVariable),
  ];
  return [
    ...sharedVariableIssues(plugins),
    ...[...variables.keys()]
      .filter((name) => !known.includes(name))
      .map((name) => `No plugin needs the variable ${name}. ${didYouMean(name, known)}`),
  ];
};

/** Finds variables of two plugins, such as `c` of `a-b` and `b-c` of `a`. */
const sharedVariableIssues = (plugins: readonly PluginManifest[]): string[] => {
  const owners = new Map<string, string>();
  return plugins.flatMap((plugin) => {
    const own = new Set([...pluginVariables([plugin], false), ...pluginVariables([plugin], true)]);
    return [...own, logLevelVariable(plugin)].flatMap((name) => {
      const owner = owners.get(name) ?? plugin.name;
      owners.set(name, owner);
      return owner === plugin.name
        ? []
        : [
            `plugins: ${plugin.name}: the variable ${name} also belongs to the plugin '${owner}'. Rename one of the plugins.`,
          ];
    });
  });
};

/** The plugin with the log level that its variable sets. */
const withLogLevel = (
  plugin: PluginManifest,
  variables: ReadonlyMap<string, string>,
  problems: string[],
): PluginManifest => {
  const text = variables.get(logLevelVariable(plugin));
  if (text === undefined) return plugin;
  const logLevel = LOG_LEVELS.find((level) => level === text.toUpperCase());
  if (logLevel === undefined)
    problems.push(`The variable ${logLevelVariable(plugin)} must be one of ${LOG_LEVELS.join(", ")}.`);
  return { ...plugin, logLevel };
};

const logLevelVariable = ({ name }: PluginManifest): string => pluginVariable({ plugin: name, name: "log-level" });

const isPlugin = (value: unknown): value is Plugin =>
  typeof value === "object" &&
  value !== null &&
  "name" in value &&
  typeof value.name === "string" &&
  "resolve" in value &&
  typeof value.resolve === "function";

/** Reads a plugin. Functions of its options that throw become an issue. */
const readPlugin = (plugin: Plugin): ReturnType<Plugin["resolve"]> => {
  try {
    return plugin.resolve();
  } catch (error) {
    return {
      issues: [
        {
          path: [],
          message: `It cannot be read: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`,
        },
      ],
    };
  }
};

/** Formats the issues of a plugin with their paths. Unknown keys get a suggestion. */
const formatPluginIssues = (
  { name, options, schema }: Plugin,
  issues: readonly { path: readonly PropertyKey[]; message: string }[],
): string[] => {
  const described = schema && toJsonSchema(schema);
  const unknown = findUnknownKeys(options, withInstanceOptions(described), name);
  const others = issues
    .filter(({ message }) => unknown.length === 0 || !/unrecognized key/i.test(message))
    .map(
      ({ path, message }) =>
        `${[name, ...path.map(String)].join(".")}: ${/[.?!]$/.test(message) ? message : `${message}.`}`,
    );
  return [...unknown, ...others].map((line) => `plugins: ${line}`);
};

/** Adds the options that every plugin has to a JSON Schema, so that a suggestion may name them. */
const withInstanceOptions = (schema: unknown): unknown =>
  isObject(schema) && isObject(schema.properties)
    ? {
        ...schema,
        properties: { ...schema.properties, ...Object.fromEntries(INSTANCE_OPTION_NAMES.map((key) => [key, {}])) },
      }
    : schema;
