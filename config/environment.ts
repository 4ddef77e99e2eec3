import * as z from "zod";
import type { ProtocolSettings, ScopedSettings } from "../core/settings.ts";
import type { Observability } from "../kit/observability.ts";
import { OBSERVABILITY_VARIABLES } from "./observability.ts";
import { UserError } from "./problem.ts";
import { allQueues, type NamedQueue, queueName } from "./queue-names.ts";
import {
  PLACE_SETTING_NAMES,
  SETTING_NAMES,
  type SettingName,
  settingsSchema,
  settingType,
  settingVariable,
  suggestSetting,
} from "./settings.ts";

/** Where a deployed function finds its table and queues; infra writes it, {@link readEnvironment} reads it. */
export interface StoreLocation {
  readonly table: string;
  /** The queues' URLs by their names. */
  readonly queues: Readonly<Record<string, string>>;
  /** The listener that a worker runs. */
  readonly listener?: string | undefined;
}

/** What the environment overrides of the config. */
export interface Overrides {
  readonly plugins?: readonly string[] | undefined;
  readonly settings?: Omit<ProtocolSettings, "places"> | undefined;
  /** Settings of places by their spelling, such as `BLOG_ARTICLES`. */
  readonly spelledPlaces?: ReadonlyMap<string, ScopedSettings> | undefined;
  /** What is said to single plugins, by variable: `KINTOUN_PLUGIN_<PLUGIN>_<NAME>`. */
  readonly pluginVariables?: ReadonlyMap<string, string> | undefined;
  readonly standalone?: readonly string[] | undefined;
  readonly redriveOnDeploy?: boolean | undefined;
  readonly observability?: Observability;
  /** May be empty: user ids are then those of a Kinto without a secret. */
  readonly useridHmacSecret?: string | undefined;
  /** May be empty: the ids of personal buckets are then those of a Kinto without a secret. */
  readonly defaultBucketHmacSecret?: string | undefined;
}

/** What variables of single plugins begin with. */
const PLUGIN_VARIABLE_PREFIX = "KINTOUN_PLUGIN_";

/** The variable that a plugin's need is answered with. */
export const pluginVariable = ({ plugin, name }: { readonly plugin: string; readonly name: string }): string =>
  `${PLUGIN_VARIABLE_PREFIX}${plugin}_${name}`.replaceAll("-", "_").toUpperCase();

type Variables = Readonly<Record<string, string | undefined>>;

const OTHER_VARIABLES = [
  "KINTOUN_PLUGINS",
  "KINTOUN_STANDALONE",
  "KINTOUN_REDRIVE_ON_DEPLOY",
  ...Object.values(OBSERVABILITY_VARIABLES),
  "KINTOUN_USERID_HMAC_SECRET",
  "KINTOUN_DEFAULT_BUCKET_HMAC_SECRET",
] as const;
const LOCATION_VARIABLES = {
  KINTOUN_TABLE: z.string().min(1),
  KINTOUN_QUEUES: z.string().min(1),
  KINTOUN_LISTENER: z.string().optional(),
};

/** The variables that override the config; an unknown `KINTOUN_*` stops the start. */
export const readOverrides = (variables: Variables): Overrides => {
  const settings: Record<string, unknown> = {};
  const spelledPlaces = new Map<string, Record<string, unknown>>();
  const pluginVariables = new Map<string, string>();
  const issues: string[] = [];
  for (const [variable, text] of Object.entries(variables)) {
    if (
      !variable.startsWith("KINTOUN_") ||
      text === undefined ||
      variable in LOCATION_VARIABLES ||
      OTHER_VARIABLES.some((other) => other === variable)
    )
      continue;
    if (variable.startsWith(PLUGIN_VARIABLE_PREFIX)) {
      pluginVariables.set(variable, text);
      continue;
    }
    const setting = findSetting(variable);
    if (setting === undefined) {
      issues.push(`The variable ${variable} means nothing to Kintoun. ${suggestSetting(variable, KNOWN_VARIABLES)}`);
      continue;
    }
    const value = parseSetting(setting.name, text);
    if ("flaw" in value) issues.push(`The variable ${variable} ${value.flaw}.`);
    else if (setting.spelledPlace === undefined) settings[setting.name] = value.value;
    else
      spelledPlaces.set(setting.spelledPlace, {
        ...spelledPlaces.get(setting.spelledPlace),
        [setting.name]: value.value,
      });
  }
  const readBoolean = (variable: string): boolean | undefined => {
    const word = variables[variable]?.toLowerCase();
    if (word !== undefined && !TRUE_WORDS.test(word) && !FALSE_WORDS.test(word))
      issues.push(`The variable ${variable} is neither true nor false.`);
    return word === undefined ? undefined : TRUE_WORDS.test(word);
  };
  const redriveOnDeploy = readBoolean("KINTOUN_REDRIVE_ON_DEPLOY");
  const observability = Object.entries(OBSERVABILITY_VARIABLES)
    .map(([name, variable]) => [name, readBoolean(variable)] as const)
    .filter(([, value]) => value !== undefined);
  if (issues.length > 0) throw new UserError(issues);
  const { KINTOUN_PLUGINS, KINTOUN_STANDALONE, KINTOUN_USERID_HMAC_SECRET, KINTOUN_DEFAULT_BUCKET_HMAC_SECRET } =
    variables;
  return {
    plugins: KINTOUN_PLUGINS === undefined ? undefined : parseList(KINTOUN_PLUGINS),
    standalone: KINTOUN_STANDALONE === undefined ? undefined : parseList(KINTOUN_STANDALONE),
    redriveOnDeploy,
    observability: Object.fromEntries(observability),
    settings,
    spelledPlaces,
    pluginVariables,
    useridHmacSecret: KINTOUN_USERID_HMAC_SECRET,
    defaultBucketHmacSecret: KINTOUN_DEFAULT_BUCKET_HMAC_SECRET,
  };
};

/** The variables that {@link readOverrides} reads so. */
export const toOverrideVariables = ({
  plugins,
  settings = {},
  spelledPlaces = new Map(),
  pluginVariables = new Map(),
  observability = {},
  ...secrets
}: Overrides): Record<string, string> => {
  const entries: [string, unknown][] = [
    ["KINTOUN_PLUGINS", plugins],
    ...Object.entries(settings).map(([name, value]): [string, unknown] => [settingVariable(name), value]),
    ...[...spelledPlaces].flatMap(([place, own]) =>
      Object.entries(own).map(([name, value]): [string, unknown] => [settingVariable(name, place), value]),
    ),
    ...pluginVariables,
    [OBSERVABILITY_VARIABLES.metrics, observability.metrics],
    [OBSERVABILITY_VARIABLES.tracing, observability.tracing],
    ["KINTOUN_USERID_HMAC_SECRET", secrets.useridHmacSecret],
    ["KINTOUN_DEFAULT_BUCKET_HMAC_SECRET", secrets.defaultBucketHmacSecret],
  ];
  // A list's text is its parts with commas between.
  return Object.fromEntries(
    entries.filter(([, value]) => value !== undefined).map(([variable, value]) => [variable, String(value)]),
  );
};

const SETTINGS: ReadonlyMap<string, SettingName> = new Map(SETTING_NAMES.map((name) => [settingVariable(name), name]));
const KNOWN_VARIABLES = [...SETTINGS.keys(), ...OTHER_VARIABLES, ...Object.keys(LOCATION_VARIABLES)];
const PLACE_SETTING_SUFFIXES = PLACE_SETTING_NAMES.map((name) => ({
  name,
  ending: settingVariable(name).slice("KINTOUN".length),
}));

/** The setting that a variable overrides, everywhere or in the places whose ids it spells. */
const findSetting = (variable: string): { readonly name: SettingName; readonly spelledPlace?: string } | undefined => {
  const name = SETTINGS.get(variable);
  if (name !== undefined) return { name };
  const found = PLACE_SETTING_SUFFIXES.find(({ ending }) => variable.endsWith(ending));
  const spelledPlace = found && variable.slice("KINTOUN_".length, -found.ending.length);
  return found !== undefined && spelledPlace !== undefined && /^[A-Z0-9][A-Z0-9_]*$/.test(spelledPlace)
    ? { name: found.name, spelledPlace }
    : undefined;
};

/** A variable's text as the value of a setting, or what is wrong with it. */
const parseSetting = (name: SettingName, text: string): { readonly value: unknown } | { readonly flaw: string } => {
  const type = settingType(name);
  let value: unknown = text;
  if (type === "array") value = parseList(text);
  else if (type === "boolean") {
    const word = text.toLowerCase();
    if (!TRUE_WORDS.test(word) && !FALSE_WORDS.test(word)) return { flaw: "is neither true nor false" };
    value = TRUE_WORDS.test(word);
  } else if (type === "integer" || type === "number") {
    if (!(type === "integer" ? /^-?\d{1,9}$/ : /^-?\d{1,9}(\.\d{1,9})?$/).test(text))
      return { flaw: type === "integer" ? "is not a whole number" : "is not a number" };
    value = Number(text);
  }
  const read = settingsSchema.shape[name].safeParse(value);
  return read.success
    ? { value }
    : {
        flaw: read.error.issues
          .map(({ message }) => (/^is /.test(message) ? message : `has a wrong value: ${message}`))
          .join("; "),
      };
};

/** The words that Kinto takes, in lower case. */
const TRUE_WORDS = /^(t|true|y|yes|on|1)$/;
const FALSE_WORDS = /^(f|false|n|no|off|0)$/;

const parseList = (text: string): string[] => text.split(/[\s,]+/).filter((part) => part !== "");

/** A deployed function's place; what {@link toLocationVariables} wrote. @param workQueues the config's queues */
export const readStoreLocation = (variables: Variables, workQueues: readonly NamedQueue[]): StoreLocation => {
  const read = z.object(LOCATION_VARIABLES).safeParse(variables);
  if (!read.success)
    throw new UserError(
      read.error.issues.map(
        ({ path, message }) => `The variable ${path.join(".")} is not what infra writes: ${message}.`,
      ),
    );
  const { KINTOUN_TABLE: table, KINTOUN_QUEUES: store, KINTOUN_LISTENER: listener } = read.data;
  return {
    table,
    queues: Object.fromEntries(allQueues(workQueues).map((queue) => [queue.name, queueName(store, queue)])),
    listener,
  };
};

/** @param queues what the URLs of all queues begin with, so that however many there are fit into a function's environment */
export const toLocationVariables = ({
  table,
  queues,
  listener,
}: {
  table: string;
  queues: string;
  listener?: string;
}): Record<string, string> => ({
  KINTOUN_TABLE: table,
  KINTOUN_QUEUES: queues,
  ...(listener !== undefined && { KINTOUN_LISTENER: listener }),
});
