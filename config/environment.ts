import type { ProtocolSettings, ScopedSettings } from "../core/settings.ts";
import type { Observability } from "../kit/config.ts";
import { DEPLOY_VARIABLES, parseDeployVariable } from "./deploy.ts";
import { OBSERVABILITY_VARIABLES } from "./observability.ts";
import { PLUGIN_VARIABLE_PREFIX } from "./plugin-variables.ts";
import { parseList } from "./setting-names.ts";
import {
  PLACE_SETTING_NAMES,
  SETTING_NAMES,
  type SettingName,
  settingsSchema,
  settingType,
  settingVariable,
  suggestSetting,
} from "./settings.ts";
import { LOCATION_VARIABLES } from "./store-location.ts";
import { UserError } from "./user-error.ts";

/** Overrides of the config by environment variables. */
export interface Overrides {
  readonly plugins?: readonly string[] | undefined;
  readonly settings?: Omit<ProtocolSettings, "places"> | undefined;
  /** Settings of places, by the part of the variable that names the place, for example `BLOG_ARTICLES`. */
  readonly placeVariables?: ReadonlyMap<string, ScopedSettings> | undefined;
  /** Variables of plugins: `KINTOUN_PLUGIN_<PLUGIN>_<NAME>`. */
  readonly pluginVariables?: ReadonlyMap<string, string> | undefined;
  readonly standalone?: readonly string[] | undefined;
  readonly redriveOnDeploy?: boolean | undefined;
  readonly observability?: Observability;
  /** Fields of `deploy` by name, not checked. They do not apply to functions. */
  readonly deploy?: Readonly<Record<string, unknown>>;
  /** May be empty, for user ids of a Kinto without a secret. */
  readonly useridHmacSecret?: string | undefined;
  /** May be empty, for bucket ids of a Kinto without a secret. */
  readonly defaultBucketHmacSecret?: string | undefined;
}

type Variables = Readonly<Record<string, string | undefined>>;

const OTHER_VARIABLES = [
  "KINTOUN_PLUGINS",
  "KINTOUN_STANDALONE",
  "KINTOUN_REDRIVE_ON_DEPLOY",
  ...Object.values(OBSERVABILITY_VARIABLES),
  "KINTOUN_USERID_HMAC_SECRET",
  "KINTOUN_DEFAULT_BUCKET_HMAC_SECRET",
] as const;

/**
 * Reads the variables that override the config. Throws a {@link UserError} for unknown `KINTOUN_*` variables and
 * wrong values.
 */
export const readOverrides = (variables: Variables): Overrides => {
  const settings: Record<string, unknown> = {};
  const placeVariables = new Map<string, Record<string, unknown>>();
  const pluginVariables = new Map<string, string>();
  const deploy: Record<string, unknown> = {};
  const issues: string[] = [];
  for (const [variable, text] of Object.entries(variables)) {
    if (
      !variable.startsWith("KINTOUN_") ||
      text === undefined ||
      LOCATION_VARIABLES.includes(variable) ||
      OTHER_VARIABLES.some((other) => other === variable)
    )
      continue;
    if (variable.startsWith(PLUGIN_VARIABLE_PREFIX)) {
      pluginVariables.set(variable, text);
      continue;
    }
    const deployed = DEPLOY_VARIABLES.get(variable);
    if (deployed !== undefined) {
      deploy[deployed] = parseDeployVariable(deployed, text);
      continue;
    }
    const setting = findSetting(variable);
    if (setting === undefined) {
      issues.push(`The variable ${variable} is unknown. ${suggestVariable(variable)}`);
      continue;
    }
    const value = parseSetting(setting.name, text);
    if ("issue" in value) issues.push(`The variable ${variable} ${value.issue}.`);
    else if (setting.place === undefined) settings[setting.name] = value.value;
    else
      placeVariables.set(setting.place, {
        ...placeVariables.get(setting.place),
        [setting.name]: value.value,
      });
  }
  const readBoolean = (variable: string): boolean | undefined => {
    const word = variables[variable]?.toLowerCase();
    if (word !== undefined && !TRUE_WORDS.test(word) && !FALSE_WORDS.test(word))
      issues.push(`The variable ${variable} must be true or false.`);
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
    deploy,
    settings,
    placeVariables,
    pluginVariables,
    useridHmacSecret: KINTOUN_USERID_HMAC_SECRET,
    defaultBucketHmacSecret: KINTOUN_DEFAULT_BUCKET_HMAC_SECRET,
  };
};

const SETTINGS: ReadonlyMap<string, SettingName> = new Map(SETTING_NAMES.map((name) => [settingVariable(name), name]));
const KNOWN_VARIABLES = [...SETTINGS.keys(), ...DEPLOY_VARIABLES.keys(), ...OTHER_VARIABLES, ...LOCATION_VARIABLES];
const suggestVariable = (variable: string): string =>
  variable === "KINTOUN_LOG_LEVEL"
    ? "The log level is in POWERTOOLS_LOG_LEVEL, for example POWERTOOLS_LOG_LEVEL=DEBUG."
    : suggestSetting(variable, KNOWN_VARIABLES);
const PLACE_SETTING_SUFFIXES = PLACE_SETTING_NAMES.map((name) => ({
  name,
  ending: settingVariable(name).slice("KINTOUN".length),
}));

/** Finds the setting that a variable overrides, generally or for one place. */
const findSetting = (variable: string): { readonly name: SettingName; readonly place?: string } | undefined => {
  const name = SETTINGS.get(variable);
  if (name !== undefined) return { name };
  const found = PLACE_SETTING_SUFFIXES.find(({ ending }) => variable.endsWith(ending));
  const place = found && variable.slice("KINTOUN_".length, -found.ending.length);
  return found !== undefined && place !== undefined && /^[A-Z0-9][A-Z0-9_]*$/.test(place)
    ? { name: found.name, place }
    : undefined;
};

/** Parses a variable's text as the value of a setting. */
const parseSetting = (name: SettingName, text: string): { readonly value: unknown } | { readonly issue: string } => {
  const type = settingType(name);
  let value: unknown = text;
  if (type === "array") value = parseList(text);
  else if (type === "boolean") {
    const word = text.toLowerCase();
    if (!TRUE_WORDS.test(word) && !FALSE_WORDS.test(word)) return { issue: "must be true or false" };
    value = TRUE_WORDS.test(word);
  } else if (type === "integer" || type === "number") {
    if (!(type === "integer" ? /^-?\d{1,9}$/ : /^-?\d{1,9}(\.\d{1,9})?$/).test(text))
      return { issue: type === "integer" ? "is not a whole number" : "is not a number" };
    value = Number(text);
  }
  const read = settingsSchema.shape[name].safeParse(value);
  return read.success
    ? { value }
    : {
        issue: read.error.issues
          .map(({ message }) => (/^is /.test(message) ? message : `has an invalid value: ${message}`))
          .join("; "),
      };
};

/** Kinto's words for true and false, in lower case. */
const TRUE_WORDS = /^(t|true|y|yes|on|1)$/;
const FALSE_WORDS = /^(f|false|n|no|off|0)$/;
