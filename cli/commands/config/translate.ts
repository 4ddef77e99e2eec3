import { kintoName, SETTING_NAMES, type SettingName, suggestSetting } from "../../../config/settings.ts";
import { isId } from "../../../core/resources.ts";
import { isAccountSetting, sendsAccountMails } from "./accounts.ts";
import { isAttachmentSetting, translateAttachments } from "./attachments.ts";
import { COUNTERPARTS, EXPLAINED } from "./counterparts.ts";
import { type AddFinding, isSecuritySetting } from "./findings.ts";
import { isHistorySetting, translateHistory } from "./history.ts";
import { isLimitSetting, translateLimits } from "./limits.ts";
import { translateListeners } from "./listeners.ts";
import { isMailSetting, translateMail } from "./mail.ts";
import { explainPolicySetting, translatePolicies } from "./policies.ts";
import { parseSettingValue } from "./setting-values.ts";
import { type PluginCall, readModules, type Settings } from "./settings-map.ts";

/** The result of converting Kinto's settings. */
export interface Translation {
  /** The `settings` of `kintoun.config.ts`. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly plugins: readonly PluginCall[];
}

/** Converts Kinto's settings. @param settings texts by key @param add receives everything that was not converted as it is */
export const translate = (settings: ReadonlyMap<string, string>, add: AddFinding): Translation => {
  const kintoSettings = withoutPrefix(settings, add);
  const translation = {
    settings: { ...translateSettings(kintoSettings, add), ...translatePlaces(kintoSettings, add) },
    plugins: [
      ...translatePolicies(kintoSettings, add),
      ...translateModules(kintoSettings, add),
      ...translateLimits(kintoSettings, add),
      ...translateHistory(kintoSettings, add),
      ...translateAttachments(kintoSettings, add),
      ...translateListeners(kintoSettings, add),
    ],
  };
  explainOthers(kintoSettings, add);
  return { ...translation, plugins: withoutDuplicates(translation.plugins, add) };
};

const withoutPrefix = (settings: ReadonlyMap<string, string>, add: AddFinding): Settings => {
  const kintoSettings = new Map<string, { key: string; text: string }>();
  for (const [key, text] of settings) {
    const name = key.replace(/^kinto\./, "");
    const other = kintoSettings.get(name);
    if (other === undefined) kintoSettings.set(name, { key, text });
    else if (other.text !== text)
      add("action", key, `is left out: ${other.key} has another value, and Kinto does not start with both`);
  }
  return kintoSettings;
};

const SETTINGS: ReadonlyMap<string, SettingName> = new Map(SETTING_NAMES.map((name) => [kintoName(name), name]));
/** True by default in Kintoun, false by default in Kinto. */
const OFF_IN_KINTO = [
  "experimentalCollectionSchemaValidation",
  "experimentalPermissionsEndpoint",
] as const satisfies readonly SettingName[];

const translateSettings = (kintoSettings: Settings, add: AddFinding): Record<string, unknown> => {
  const settings: Record<string, unknown> = {};
  for (const [name, { key, text }] of kintoSettings) {
    const setting = SETTINGS.get(name);
    if (setting === undefined) continue;
    const value = parseSettingValue(setting, text, (severity, reason) =>
      add(severity, key, reason, { isSecurity: severity === "lost" && isSecuritySetting(name) }),
    );
    if (value !== undefined) settings[setting] = value;
  }
  if (readModules(kintoSettings).includes("kinto.plugins.admin")) settings.experimentalPermissionsEndpoint = true;
  for (const setting of OFF_IN_KINTO) {
    if (settings[setting] !== undefined) continue;
    settings[setting] = false;
    add(
      "info",
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
const translatePlaces = (kintoSettings: Settings, add: AddFinding): { places?: Record<string, unknown> } => {
  const places = new Map<string, unknown>();
  for (const [name, { key, text }] of kintoSettings) {
    const [, ids, sign] = PLACE.exec(name) ?? [];
    if (ids === undefined || isLimitSetting(name, readModules(kintoSettings))) continue;
    // In the old syntax an underscore separates bucket and collection. It is ambiguous, so Kinto tries every
    // underscore, after the exact names.
    const named =
      sign === "."
        ? [ids]
        : [ids, ...[...ids.matchAll(/_/g)].map(({ index }) => `${ids.slice(0, index)}.${ids.slice(index + 1)}`)];
    const validPlaces = named.filter((place) => place.split(".").length <= 2 && place.split(".").every(isId));
    if (validPlaces.length === 0) add("lost", key, "does not name a valid bucket or collection");
    else if (sign === "_" && kintoSettings.has(EXPIRES))
      add("info", key, `has no effect in Kinto either, because kinto.${EXPIRES} is set`);
    else {
      const value = parseSettingValue("recordCacheExpiresSeconds", text, (severity, reason) =>
        add(severity, key, reason),
      );
      if (value !== undefined)
        for (const place of validPlaces)
          if (sign === "." || !places.has(place)) places.set(place, { recordCacheExpiresSeconds: value });
    }
  }
  return places.size === 0 ? {} : { places: Object.fromEntries(places) };
};

const translateModules = (kintoSettings: Settings, add: AddFinding): readonly PluginCall[] =>
  readModules(kintoSettings).flatMap((module): readonly PluginCall[] => {
    const key = `kinto.includes: ${module}`;
    if (module === "kinto_emailer") return translateMail(kintoSettings, key, add);
    const counterpart = COUNTERPARTS.find(({ modules }) => modules.includes(module));
    if (counterpart === undefined) add("lost", key, "has no counterpart in Kintoun");
    else if (counterpart.note !== undefined && counterpart.isConverted === undefined)
      add(counterpart.severity ?? "lost", key, counterpart.note);
    return counterpart?.call === undefined ? [] : [{ call: counterpart.call }];
  });

/** Plugins whose name is taken are left out, since a config with them would not start. */
const withoutDuplicates = (plugins: readonly PluginCall[], add: AddFinding): readonly PluginCall[] => {
  const names = new Set<string>();
  return plugins.filter(({ call, options = {} }) => {
    const name = "name" in options ? String(options.name) : toFolderName(call);
    if (names.has(name) && "name" in options)
      add("action", "kinto.event_listeners", `has a listener named ${name}, as another plugin is. Rename it`);
    const isNew = !names.has(name);
    names.add(name);
    return isNew;
  });
};

/** The folder of a plugin's export: `default-bucket` of `defaultBucket`. */
export const toFolderName = (call: string): string => call.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** The parts of Kinto that decide who may do what, in its own version. */
const AUTHORIZATION: ReadonlyMap<string, RegExp> = new Map([
  ["multiauth.authorization_policy", /^kinto\.authorization\.AuthorizationPolicy$/],
  ["multiauth.groupfinder", /^kinto\.core\.authorization\.groupfinder$/],
]);

/** Adds findings about the keys that are not settings of Kintoun. */
const explainOthers = (kintoSettings: Settings, add: AddFinding): void => {
  const sendsMails = readModules(kintoSettings).includes("kinto_emailer") || sendsAccountMails(kintoSettings);
  for (const [name, { key, text }] of kintoSettings) {
    const isRead =
      SETTINGS.has(name) ||
      PLACE.test(name) ||
      ["includes", "event_listeners", "multiauth.policies"].includes(name) ||
      name.startsWith("event_listeners.") ||
      isAccountSetting(name) ||
      isLimitSetting(name, readModules(kintoSettings)) ||
      isHistorySetting(name, readModules(kintoSettings)) ||
      isAttachmentSetting(name, readModules(kintoSettings)) ||
      (isMailSetting(name) && sendsMails);
    if (isRead) continue;
    const own = AUTHORIZATION.get(name);
    if (own?.test(text)) add("info", key, "is not applicable: these are the rules of Kintoun");
    else if (own !== undefined)
      add("lost", key, "names other rules than Kinto's, which are the only ones of Kintoun", { isSecurity: true });
    else if (name.startsWith("mail.") && readModules(kintoSettings).includes("kinto_emailer"))
      add("info", key, "has no counterpart in Kintoun: email() sends each mail to the mail server itself");
    else if (name.startsWith("multiauth.policy.")) explainPolicySetting(kintoSettings, name, key, add);
    else explainOther(name, key, add);
  }
};

const explainOther = (name: string, key: string, add: AddFinding): void => {
  const { note, severity = "info" } = COUNTERPARTS.find(({ settings }) => settings?.test(name)) ?? {};
  const [, reason, reasonSeverity = "info"] = EXPLAINED.find(([names]) => names.test(name)) ?? [];
  const suggestion = suggestSetting(name, [...SETTINGS.keys()]);
  if (note !== undefined) add(severity, key, note);
  else if (reason !== undefined) add(reasonSeverity, key, reason);
  else add("action", key, `is not a setting of Kintoun. ${suggestion}`);
};
