import { kintoName, SETTING_NAMES, type SettingName, suggestSetting } from "../../../config/settings.ts";
import { isId } from "../../../core/resources.ts";
import { COUNTERPARTS, EXPLAINED, POLICIES } from "./counterparts.ts";
import { parseSettingValue, splitList } from "./setting-values.ts";

/** The result of converting Kinto's settings. */
export interface Translation {
  /** The `settings` of `kintoun.config.ts`. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Names of the plugins, which are called without options. */
  readonly plugins: readonly string[];
  /** A sentence for everything that was not converted as it is. Contains no values, which may be secret. */
  readonly notes: readonly string[];
}

/** Settings by their name without `kinto.`, which is optional in Kinto. */
type Settings = ReadonlyMap<string, { readonly key: string; readonly text: string }>;

/** Converts Kinto's settings. @param settings texts by key */
export const translate = (settings: ReadonlyMap<string, string>): Translation => {
  const notes: string[] = [];
  const note = (key: string, text: string) => void notes.push(`${key} ${text}.`);
  const kintoSettings = withoutPrefix(settings, note);
  return {
    settings: { ...translateSettings(kintoSettings, note), ...translatePlaces(kintoSettings, note) },
    plugins: translatePlugins(kintoSettings, note),
    notes: [...notes, ...explainOthers(kintoSettings)],
  };
};

type AddNote = (key: string, text: string) => void;

const withoutPrefix = (settings: ReadonlyMap<string, string>, note: AddNote): Settings => {
  const kintoSettings = new Map<string, { key: string; text: string }>();
  for (const [key, text] of settings) {
    const name = key.replace(/^kinto\./, "");
    const other = kintoSettings.get(name);
    if (other === undefined) kintoSettings.set(name, { key, text });
    else if (other.text !== text)
      note(key, `is left out: ${other.key} has another value, and Kinto does not start with both`);
  }
  return kintoSettings;
};

const SETTINGS: ReadonlyMap<string, SettingName> = new Map(SETTING_NAMES.map((name) => [kintoName(name), name]));
/** True by default in Kintoun, false by default in Kinto. */
const OFF_IN_KINTO = [
  "experimentalCollectionSchemaValidation",
  "experimentalPermissionsEndpoint",
] as const satisfies readonly SettingName[];

const translateSettings = (kintoSettings: Settings, note: AddNote): Record<string, unknown> => {
  const settings: Record<string, unknown> = {};
  for (const [name, { key, text }] of kintoSettings) {
    const setting = SETTINGS.get(name);
    const value = setting && parseSettingValue(setting, text, (text) => note(key, text));
    if (setting !== undefined && value !== undefined) settings[setting] = value;
  }
  if (readModules(kintoSettings).includes("kinto.plugins.admin")) settings.experimentalPermissionsEndpoint = true;
  for (const setting of OFF_IN_KINTO) {
    if (settings[setting] !== undefined) continue;
    settings[setting] = false;
    note(
      `kinto.${kintoName(setting)}`,
      "is off by default in Kinto and on by default in Kintoun; it is set to false, so that it stays off",
    );
  }
  return settings;
};

const EXPIRES = "record_cache_expires_seconds";
const PLACE = new RegExp(`^(.+)([._])${EXPIRES}$`);

/**
 * Cache seconds of the records of a bucket (`blog.record_cache_…`) or a collection (`blog.articles.record_cache_…`).
 */
const translatePlaces = (kintoSettings: Settings, note: AddNote): { places?: Record<string, unknown> } => {
  const places = new Map<string, unknown>();
  for (const [name, { key, text }] of kintoSettings) {
    const [, ids, sign] = PLACE.exec(name) ?? [];
    if (ids === undefined) continue;
    // In the old syntax an underscore separates bucket and collection. It is ambiguous, so Kinto tries every
    // underscore, after the exact names.
    const named =
      sign === "."
        ? [ids]
        : [ids, ...[...ids.matchAll(/_/g)].map(({ index }) => `${ids.slice(0, index)}.${ids.slice(index + 1)}`)];
    const validPlaces = named.filter((place) => place.split(".").length <= 2 && place.split(".").every(isId));
    if (validPlaces.length === 0) note(key, "does not name a valid bucket or collection");
    else if (sign === "_" && kintoSettings.has(EXPIRES))
      note(key, `has no effect in Kinto either, because kinto.${EXPIRES} is set`);
    else {
      const value = parseSettingValue("recordCacheExpiresSeconds", text, (text) => note(key, text));
      if (value !== undefined)
        for (const place of validPlaces)
          if (sign === "." || !places.has(place)) places.set(place, { recordCacheExpiresSeconds: value });
    }
  }
  return places.size === 0 ? {} : { places: Object.fromEntries(places) };
};

const readModules = (kintoSettings: Settings): string[] =>
  splitList(kintoSettings.get("includes")?.text).map((module) => module.replaceAll("-", "_"));
const readPolicies = (kintoSettings: Settings): string[] => splitList(kintoSettings.get("multiauth.policies")?.text);

const LISTENER = "is not converted: write a plugin with `listeners` instead, see docs/plugins/listeners.md";

/** The plugins that need no options. Adds notes for the others. */
const translatePlugins = (kintoSettings: Settings, note: AddNote): string[] => {
  const plugins = new Set<string>();
  const addPlugin = (key: string, call: string | undefined, text: string | undefined) => {
    if (call !== undefined) plugins.add(call);
    if (text !== undefined) note(key, text);
  };
  for (const name of readPolicies(kintoSettings)) {
    const policy = findPolicy(kintoSettings, name);
    if (policy?.call !== undefined && policy.call !== name)
      note(
        `multiauth.policies: ${name}`,
        `is not converted: user ids of Kintoun's plugin begin with ${policy.call}: instead`,
      );
    else
      addPlugin(
        `multiauth.policies: ${name}`,
        policy?.call,
        policy === undefined ? "has no counterpart in Kintoun" : policy.note,
      );
  }
  for (const module of readModules(kintoSettings)) {
    const counterpart = COUNTERPARTS.find(({ modules }) => modules.includes(module));
    addPlugin(
      `kinto.includes: ${module}`,
      counterpart?.call,
      counterpart === undefined ? "has no counterpart in Kintoun" : counterpart.note,
    );
  }
  for (const name of splitList(kintoSettings.get("event_listeners")?.text))
    note(`kinto.event_listeners: ${name}`, LISTENER);
  return [...plugins];
};

const findPolicy = (kintoSettings: Settings, name: string) => {
  const standard = name === "basicauth" ? "BasicAuthAuthenticationPolicy" : "";
  const used = (kintoSettings.get(`multiauth.policy.${name}.use`)?.text ?? standard).split(".").at(-1) ?? "";
  return Object.hasOwn(POLICIES, used) ? POLICIES[used] : undefined;
};

/** A note for each key that is not a setting of Kintoun. */
const explainOthers = (kintoSettings: Settings): string[] =>
  [...kintoSettings].flatMap(([name, { key }]) => {
    if (SETTINGS.has(name) || PLACE.test(name) || ["includes", "event_listeners", "multiauth.policies"].includes(name))
      return [];
    const why = name.startsWith("multiauth.policy.") ? explainPolicy(kintoSettings, name) : explainOther(name);
    if (why !== undefined) return why === "" ? [] : [`${key} ${why}.`];
    return [`${key} is not a setting of Kintoun. ${suggestSetting(name, [...SETTINGS.keys()])}`];
  });

const explainOther = (name: string): string | undefined => {
  if (name.startsWith("event_listeners.")) return LISTENER;
  return (
    COUNTERPARTS.find(({ settings }) => settings?.test(name))?.note ??
    EXPLAINED.find(([names]) => names.test(name))?.[1]
  );
};

/** Explains a setting of an authentication policy. Empty when it was converted. */
const explainPolicy = (kintoSettings: Settings, name: string): string => {
  const [, , policy = "", ...setting] = name.split(".");
  if (!readPolicies(kintoSettings).includes(policy))
    return "has no effect in Kinto either: multiauth.policies does not name the policy";
  if (/secret|password/.test(name)) return "is a secret, which is not written to the config";
  const counterpart = findPolicy(kintoSettings, policy);
  if (counterpart === undefined) return "belongs to a policy that has no counterpart in Kintoun";
  return counterpart.note ?? (setting.join(".") === "use" ? "" : "has no counterpart in Kintoun");
};
