import { PURGE_LISTENER } from "../core/events/purge.ts";
import { toJobQueueName } from "../core/jobs/job.ts";
import type { Resources } from "../core/resources.ts";
import type { Settings } from "../core/settings.ts";
import type { KintounConfig } from "../kit/config.ts";
import type { Observability } from "../kit/observability.ts";
import type { Plugin } from "../kit/plugin.ts";
import type { ReadPlugin } from "../kit/read-plugin.ts";
import { isObject } from "../lib/json.ts";
import { didYouMean } from "../lib/util/nearest.ts";
import { actionFlaws } from "./action-flaws.ts";
import { permissionFlaws } from "./answering-flaws.ts";
import { dataFlaws } from "./data-flaws.ts";
import type { Overrides } from "./environment.ts";
import { hearingFlaws } from "./hearing-flaws.ts";
import { pluginInbound } from "./inbound.ts";
import { pluginListeners } from "./listeners.ts";
import { readObservability } from "./observability.ts";
import { pluginFlaws } from "./plugin-flaws.ts";
import { readResources } from "./plugin-resources.ts";
import { pluginVariables } from "./plugin-variables.ts";
import { UserError } from "./problem.ts";
import { hasJobs } from "./running.ts";
import { readSettings } from "./settings.ts";
import { standaloneIssues } from "./standalone.ts";
import { unknownKeys } from "./unknown-keys.ts";

export { pluginVariables } from "./plugin-variables.ts";

/** A config that was found good, the environment's overrides in it. */
export interface Config {
  readonly settings: Settings;
  /** Salts the user ids of basic authentication. */
  readonly useridHmacSecret: string | undefined;
  /** Salts the ids of personal buckets. */
  readonly defaultBucketHmacSecret: string | undefined;
  /** What the environment says to single plugins, by variable. */
  readonly pluginVariables: ReadonlyMap<string, string>;
  /** In the config's order. */
  readonly plugins: readonly ReadPlugin[];
  /** Queues that no function works on, but `kintoun worker` alone. */
  readonly standalone: readonly string[];
  /** Whether what failed for good is tried again with another version of its plugin. */
  readonly redriveOnDeploy: boolean;
  /** What is told of it at work, beside its log. */
  readonly observability: Required<Observability>;
  /** The types of objects: the store's own, and those of the plugins. */
  readonly resources: Resources;
}

/** Checks what `kintoun.config.ts` exports; throws a {@link UserError} that names every flaw by its path. */
export const readConfig = (exported: unknown, overrides: Overrides = {}): Config => {
  const config = checkShape(exported);
  const problems: string[] = [];

  const {
    plugins: chosen,
    useridHmacSecret,
    defaultBucketHmacSecret,
    settings = {},
    spelledPlaces = new Map(),
    pluginVariables = new Map(),
  } = overrides;
  const read = readSettings({ ...config.settings, ...settings });
  if ("flaws" in read) problems.push(...read.issues);
  const observability = readObservability(config.observability, overrides.observability ?? {}, problems);

  const plugins: ReadPlugin[] = [];
  for (const plugin of selectPlugins(config, chosen, problems)) {
    const result = readPlugin(plugin);
    if (result.issues === undefined) plugins.push(result.plugin);
    else problems.push(...formatPluginIssues(plugin, result.issues));
  }
  problems.push(...queueNameIssues(plugins), ...pluginFlaws(plugins), ...variableIssues(plugins, pluginVariables));
  const typed = readResources(plugins);
  problems.push(
    ...("flaws" in typed
      ? typed.flaws
      : [dataFlaws, permissionFlaws, actionFlaws, hearingFlaws].flatMap((flaws) => flaws(plugins, typed.resources))),
  );
  if (problems.length > 0 || "flaws" in read || "flaws" in typed) throw new UserError(problems);
  const checked: Config = {
    settings: { ...read.settings, spelledPlaces },
    useridHmacSecret,
    defaultBucketHmacSecret,
    pluginVariables,
    plugins,
    standalone: overrides.standalone ?? config.standalone ?? [],
    redriveOnDeploy: overrides.redriveOnDeploy ?? config.redriveOnDeploy ?? true,
    observability,
    resources: typed.resources,
  };
  // Where the environment leaves plugins out, the config may name queues that are theirs.
  const where = overrides.standalone === undefined ? "kintoun.config.ts: standalone" : "KINTOUN_STANDALONE";
  const strays = where === "KINTOUN_STANDALONE" || chosen === undefined ? standaloneIssues(checked, where) : [];
  if (strays.length > 0) throw new UserError(strays);
  return checked;
};

const checkShape = (exported: unknown): KintounConfig => {
  if (typeof exported !== "object" || exported === null)
    throw new UserError(["kintoun.config.ts must export defineConfig({ plugins: [...] }) as its default."]);
  const keys = ["settings", "plugins", "optional", "standalone", "redriveOnDeploy", "observability"];
  const unknown = Object.keys(exported).filter((key) => !keys.includes(key));
  const problems = unknown.map((key) => `kintoun.config.ts: ${key} is not known here. ${didYouMean(key, keys)}`);
  const {
    plugins,
    optional = [],
    settings = {},
    standalone = [],
    redriveOnDeploy = true,
  } = exported as Partial<KintounConfig>;
  if (!Array.isArray(plugins)) problems.push("kintoun.config.ts: plugins must be a list, such as [basicauth()].");
  if (!Array.isArray(optional))
    problems.push("kintoun.config.ts: optional must be a list of plugins, such as [flush()].");
  if (!isObject(settings)) problems.push("kintoun.config.ts: settings must be an object.");
  if (!Array.isArray(standalone) || standalone.some((name) => typeof name !== "string"))
    problems.push('kintoun.config.ts: standalone must be a list of queues, such as ["search-index"].');
  if (typeof redriveOnDeploy !== "boolean") problems.push("kintoun.config.ts: redriveOnDeploy must be true or false.");
  if (problems.length > 0) throw new UserError(problems);
  return exported as KintounConfig;
};

/** The plugins that are to run: all but the optional ones, or those that KINTOUN_PLUGINS names. */
const selectPlugins = (
  { plugins, optional = [] }: KintounConfig,
  chosen: readonly string[] | undefined,
  problems: string[],
): Plugin[] => {
  const known: Plugin[] = [];
  const all = [
    ...plugins.map((plugin, place) => [`plugins[${place}]`, plugin] as const),
    ...optional.map((plugin, place) => [`optional[${place}]`, plugin] as const),
  ];
  for (const [place, plugin] of all as readonly (readonly [string, unknown])[]) {
    if (!isPlugin(plugin)) {
      const hint = typeof plugin === "function" ? " A plugin is called with its options: is there a () missing?" : "";
      problems.push(`${place} is not a plugin.${hint}`);
    } else if (!/^[a-z][a-z0-9-]{0,30}$/.test(plugin.name)) {
      problems.push(`${place}: '${plugin.name}' can't name a plugin; lower-case letters, digits and dashes can.`);
    } else if (known.some(({ name }) => name === plugin.name)) {
      problems.push(`${place}: there is another plugin named '${plugin.name}' before it; a name may stand once.`);
    } else known.push(plugin);
  }
  const names = known.map(({ name }) => name);
  for (const name of chosen ?? [])
    if (!names.includes(name))
      problems.push(`KINTOUN_PLUGINS: there is no plugin '${name}' in kintoun.config.ts. ${didYouMean(name, names)}`);
  return known.filter((plugin) => (chosen === undefined ? plugins.includes(plugin) : chosen.includes(plugin.name)));
};

/** A listener, or inbound part, names its queue, and its function in AWS, as a plugin's jobs do: it must be able to, and be the only one. */
const queueNameIssues = (plugins: readonly ReadPlugin[]): string[] => {
  const taken = new Map<string, string>([
    [PURGE.name, "the store"],
    ...plugins.filter(hasJobs).map(({ name }): [string, string] => [jobsQueue(name), `the jobs of '${name}'`]),
  ]);
  const parts = [
    ...pluginListeners(plugins).map((listener) => ({ ...listener, kind: "listener" })),
    ...pluginInbound(plugins).map((inbound) => ({ ...inbound, kind: "inbound part" })),
  ];
  return parts.flatMap(({ name, plugin, part, kind }) => {
    const other = taken.get(name);
    taken.set(name, `the plugin '${plugin.name}'`);
    const path = `${plugin.name}.${kind === "listener" ? "listeners" : "inbound"}.${part}`;
    if (!/^[a-z][a-z0-9-]{0,40}$/.test(name))
      return [
        `plugins: ${path}: its queue would be '${name}', which can't name one: at most 41 lower-case letters, digits and dashes can. Rename it.`,
      ];
    return other === undefined
      ? []
      : [
          `plugins: the ${kind} '${part}' of '${plugin.name}' would share the queue '${name}' with ${other}. Rename one.`,
        ];
  });
};

/** Variables that no plugin needs. */
const variableIssues = (plugins: readonly ReadPlugin[], variables: ReadonlyMap<string, string>): string[] => {
  const known = [...pluginVariables(plugins, false), ...pluginVariables(plugins, true)];
  return [...variables.keys()]
    .filter((name) => !known.includes(name))
    .map((name) => `The variable ${name} is not needed by any plugin. ${didYouMean(name, known)}`);
};

const isPlugin = (value: unknown): value is Plugin =>
  typeof value === "object" &&
  value !== null &&
  "name" in value &&
  typeof value.name === "string" &&
  "read" in value &&
  typeof value.read === "function";

/** What functions of the options throw is the plugin's flaw. */
const readPlugin = (plugin: Plugin): ReturnType<Plugin["read"]> => {
  try {
    return plugin.read();
  } catch (error) {
    return {
      issues: [
        {
          path: [],
          message: `It can't be read: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`,
        },
      ],
    };
  }
};

/** A plugin's flaws, by path; keys that its schema does not know come with what was probably meant. */
const formatPluginIssues = (
  { name, options, schema }: Plugin,
  issues: readonly { path: readonly PropertyKey[]; message: string }[],
): string[] => {
  const unknown = unknownKeys(options, schema?.["~standard"]?.jsonSchema?.input({ target: "draft-2020-12" }), name);
  const others = issues
    .filter(({ message }) => unknown.length === 0 || !/unrecognized key/i.test(message))
    .map(
      ({ path, message }) =>
        `${[name, ...path.map(String)].join(".")}: ${/[.?!]$/.test(message) ? message : `${message}.`}`,
    );
  return [...unknown, ...others].map((line) => `plugins: ${line}`);
};
