import { kintoName, SETTING_NAMES, type SettingName, suggestSetting } from "../config/settings.ts";
import { isId } from "../core/resources.ts";
import { COUNTERPARTS, EXPLAINED, POLICIES } from "./config-import-plugins.ts";
import { settingValue, words } from "./config-import-values.ts";

/** What a Kinto's settings become. */
export interface Translation {
  /** As `kintoun.config.ts` takes them. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Plugins that are called without options. */
  readonly plugins: readonly string[];
  /** What was not translated, or not quite: a sentence each, without any setting's value. */
  readonly told: readonly string[];
}

/** By the name without `kinto.`, which Kinto lets be left out. */
type Given = ReadonlyMap<string, { readonly key: string; readonly text: string }>;

/** @param settings Kinto's, as Paste hands them over: texts by key */
export const translate = (settings: ReadonlyMap<string, string>): Translation => {
  const told: string[] = [];
  const tell = (key: string, what: string) => void told.push(`${key} ${what}.`);
  const given = withoutPrefix(settings, tell);
  return {
    settings: { ...translateSettings(given, tell), ...translatePlaces(given, tell) },
    plugins: translatePlugins(given, tell),
    told: [...told, ...explainOthers(given)],
  };
};

type Tell = (key: string, what: string) => void;

const withoutPrefix = (settings: ReadonlyMap<string, string>, tell: Tell): Given => {
  const given = new Map<string, { key: string; text: string }>();
  for (const [key, text] of settings) {
    const name = key.replace(/^kinto\./, "");
    const other = given.get(name);
    if (other === undefined) given.set(name, { key, text });
    else if (other.text !== text)
      tell(key, `is left out: ${other.key} says otherwise, with which Kinto would not start`);
  }
  return given;
};

const SETTINGS: ReadonlyMap<string, SettingName> = new Map(SETTING_NAMES.map((name) => [kintoName(name), name]));
/** True in Kintoun unless said otherwise, false in Kinto. */
const OFF_IN_KINTO = [
  "experimentalCollectionSchemaValidation",
  "experimentalPermissionsEndpoint",
] as const satisfies readonly SettingName[];

const translateSettings = (given: Given, tell: Tell): Record<string, unknown> => {
  const settings: Record<string, unknown> = {};
  for (const [name, { key, text }] of given) {
    const setting = SETTINGS.get(name);
    const value = setting && settingValue(setting, text, (what) => tell(key, what));
    if (setting !== undefined && value !== undefined) settings[setting] = value;
  }
  if (modulesOf(given).includes("kinto.plugins.admin")) settings.experimentalPermissionsEndpoint = true;
  for (const setting of OFF_IN_KINTO) {
    if (settings[setting] !== undefined) continue;
    settings[setting] = false;
    tell(
      `kinto.${kintoName(setting)}`,
      "is off in Kinto where nothing is said, and on in Kintoun: written as false, so that it stays off",
    );
  }
  return settings;
};

const EXPIRES = "record_cache_expires_seconds";
const PLACE = new RegExp(`^(.+)([._])${EXPIRES}$`);

/** Seconds to cache the records of a bucket (`blog.record_cache_…`) or a collection (`blog.articles.record_cache_…`). */
const translatePlaces = (given: Given, tell: Tell): { places?: Record<string, unknown> } => {
  const places = new Map<string, unknown>();
  for (const [name, { key, text }] of given) {
    const [, ids, sign] = PLACE.exec(name) ?? [];
    if (ids === undefined) continue;
    // Of old, underscores stood between; which of them do, Kinto can't tell either, and tries them all, after everything else.
    const named =
      sign === "."
        ? [ids]
        : [ids, ...[...ids.matchAll(/_/g)].map(({ index }) => `${ids.slice(0, index)}.${ids.slice(index + 1)}`)];
    const meantPlaces = named.filter((place) => place.split(".").length <= 2 && place.split(".").every(isId));
    if (meantPlaces.length === 0) tell(key, "names no bucket or collection that there could be");
    else if (sign === "_" && given.has(EXPIRES)) tell(key, `has no effect in Kinto either, beside kinto.${EXPIRES}`);
    else {
      const value = settingValue("recordCacheExpiresSeconds", text, (what) => tell(key, what));
      if (value !== undefined)
        for (const place of meantPlaces)
          if (sign === "." || !places.has(place)) places.set(place, { recordCacheExpiresSeconds: value });
    }
  }
  return places.size === 0 ? {} : { places: Object.fromEntries(places) };
};

const modulesOf = (given: Given): string[] =>
  words(given.get("includes")?.text).map((module) => module.replaceAll("-", "_"));
const policiesOf = (given: Given): string[] => words(given.get("multiauth.policies")?.text);

const LISTENER = "is not translated: a listener in Python becomes a plugin with `listeners`, see CONTRIBUTING.md";

/** The plugins that can be called as they are; the others are told. */
const translatePlugins = (given: Given, tell: Tell): string[] => {
  const plugins = new Set<string>();
  const take = (key: string, call: string | undefined, what: string | undefined) => {
    if (call !== undefined) plugins.add(call);
    if (what !== undefined) tell(key, what);
  };
  for (const name of policiesOf(given)) {
    const policy = policyOf(given, name);
    if (policy?.call !== undefined && policy.call !== name)
      tell(
        `multiauth.policies: ${name}`,
        `is not translated: with Kintoun's plugin, user ids begin with ${policy.call}: instead`,
      );
    else
      take(
        `multiauth.policies: ${name}`,
        policy?.call,
        policy === undefined ? "has no counterpart in Kintoun" : policy.told,
      );
  }
  for (const module of modulesOf(given)) {
    const counterpart = COUNTERPARTS.find(({ modules }) => modules.includes(module));
    take(
      `kinto.includes: ${module}`,
      counterpart?.call,
      counterpart === undefined ? "has no counterpart in Kintoun" : counterpart.told,
    );
  }
  for (const name of words(given.get("event_listeners")?.text)) tell(`kinto.event_listeners: ${name}`, LISTENER);
  return [...plugins];
};

const policyOf = (given: Given, name: string) => {
  const standard = name === "basicauth" ? "BasicAuthAuthenticationPolicy" : "";
  const used = (given.get(`multiauth.policy.${name}.use`)?.text ?? standard).split(".").at(-1) ?? "";
  return Object.hasOwn(POLICIES, used) ? POLICIES[used] : undefined;
};

/** A line for each key that is no setting of Kintoun's. */
const explainOthers = (given: Given): string[] =>
  [...given].flatMap(([name, { key }]) => {
    if (SETTINGS.has(name) || PLACE.test(name) || ["includes", "event_listeners", "multiauth.policies"].includes(name))
      return [];
    const why = name.startsWith("multiauth.policy.") ? aboutPolicy(given, name) : aboutOther(name);
    if (why !== undefined) return why === "" ? [] : [`${key} ${why}.`];
    return [`${key} is no setting that Kintoun knows. ${suggestSetting(name, [...SETTINGS.keys()])}`];
  });

const aboutOther = (name: string): string | undefined => {
  if (name.startsWith("event_listeners.")) return LISTENER;
  return (
    COUNTERPARTS.find(({ settings }) => settings?.test(name))?.told ??
    EXPLAINED.find(([names]) => names.test(name))?.[1]
  );
};

/** Empty where the policy was translated with all that it says. */
const aboutPolicy = (given: Given, name: string): string => {
  const [, , policy = "", ...setting] = name.split(".");
  if (!policiesOf(given).includes(policy))
    return "has no effect in Kinto either: multiauth.policies does not name its policy";
  if (/secret|password/.test(name)) return "is a secret and not written into the file";
  const counterpart = policyOf(given, policy);
  if (counterpart === undefined) return "is about a policy that has no counterpart in Kintoun";
  return counterpart.told ?? (setting.join(".") === "use" ? "" : "has no counterpart in Kintoun");
};
