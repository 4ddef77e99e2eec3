import type { AddFinding } from "./findings.ts";
import { splitList } from "./setting-values.ts";
import { type PluginCall, readModules, type Settings } from "./settings-map.ts";

const QUOTA = /^quotas\.(bucket|collection)_(?:(.+)_)?(max_bytes_per_item|max_bytes|max_items)$/;
const QUOTA_OPTIONS = { max_bytes: "maxBytes", max_items: "maxItems", max_bytes_per_item: "maxBytesPerItem" } as const;
const DELETE_PRINCIPALS = "user-data_delete_principals";
const CHANGES_OPTIONS: Readonly<Record<string, string>> = {
  "changes.since_max_age_days": "maxSinceDays",
  "monitor.changes.record_cache_expires_seconds": "cacheSeconds",
  "monitor.changes.record_cache_maximum_expires_seconds": "cacheExpectedSeconds",
};

/** Whether a setting is one that {@link translateLimits} converts. */
export const isLimitSetting = (name: string, modules: readonly string[]): boolean =>
  name === DELETE_PRINCIPALS ||
  (QUOTA.test(name) && modules.includes("kinto.plugins.quotas")) ||
  (isChangesSetting(name) && modules.includes("kinto_changes"));

/** Whether a setting is one of kinto-changes. */
const isChangesSetting = (name: string): boolean =>
  Object.hasOwn(CHANGES_OPTIONS, name) || name === "changes.resources" || name === "changes.http_host";

/** Converts quotas, counters, kinto-changes and the deletion of user data. */
export const translateLimits = (kintoSettings: Settings, add: AddFinding): readonly PluginCall[] => {
  const modules = readModules(kintoSettings);
  return [
    ...(modules.includes("kinto.plugins.quotas") ? [translateQuotas(kintoSettings, add)] : []),
    ...(modules.includes("kinto.plugins.counters") ? [{ call: "counters" }] : []),
    ...(modules.includes("kinto_changes") ? translateChanges(kintoSettings, add) : []),
    ...translateUserData(kintoSettings),
  ];
};

type Quotas = Record<string, Record<string, number>>;

const translateQuotas = (kintoSettings: Settings, add: AddFinding): PluginCall => {
  const [bucket, collection]: [Record<string, number>, Record<string, number>] = [{}, {}];
  const [buckets, collections]: [Quotas, Quotas] = [{}, {}];
  for (const [name, { key, text }] of kintoSettings) {
    const [, owner, id, limit] = QUOTA.exec(name) ?? [];
    if (limit === undefined) continue;
    const value = Number(text);
    if (!Number.isSafeInteger(value) || value < 0) {
      add("lost", key, "is left out: it must be a whole number of at least 0");
      continue;
    }
    const option = QUOTA_OPTIONS[limit as keyof typeof QUOTA_OPTIONS];
    if (id === undefined) (owner === "bucket" ? bucket : collection)[option] = value;
    else if (owner === "bucket") buckets[id] = { ...buckets[id], [option]: value };
    // An underscore may be a part of an id or separate bucket and collection. Kinto tries both.
    else for (const place of listPlaces(id)) collections[place] = { ...collections[place], [option]: value };
  }
  const options = Object.fromEntries(
    Object.entries({ bucket, buckets, collection, collections }).filter(([, value]) => Object.keys(value).length > 0),
  );
  add(
    "info",
    "kinto.includes: kinto.plugins.quotas",
    "is quotas() in Kintoun, which counts what exists with its first change",
  );
  return { call: "quotas", options };
};

const listPlaces = (ids: string): readonly string[] => [
  ids,
  ...[...ids.matchAll(/_/g)]
    .map(({ index }) => `${ids.slice(0, index)}/${ids.slice(index + 1)}`)
    .filter((place) => /^[^/]+\/[^/]+$/.test(place)),
];

const translateChanges = (kintoSettings: Settings, add: AddFinding): readonly PluginCall[] => {
  const key = "kinto.includes: kinto_changes";
  const resources = splitList(kintoSettings.get("changes.resources")?.text);
  if (resources.length === 0) {
    add("lost", key, "is left out: kinto.changes.resources is empty");
    return [];
  }
  const host = (kintoSettings.get("changes.http_host") ?? kintoSettings.get("http_host"))?.text;
  const numbers = Object.entries(CHANGES_OPTIONS).flatMap(([name, option]): [string, number][] => {
    const setting = kintoSettings.get(name);
    if (setting === undefined) return [];
    const value = option === "maxSinceDays" && Number(setting.text) < 0 ? 0 : Number(setting.text);
    if (Number.isSafeInteger(value) && value >= 0) return [[option, value]];
    add("lost", setting.key, "is left out: it must be a whole number of at least 0");
    return [];
  });
  add("info", key, "is changes() in Kintoun");
  return [
    { call: "changes", options: { resources, ...(host !== undefined && { host }), ...Object.fromEntries(numbers) } },
  ];
};

const translateUserData = (kintoSettings: Settings): readonly PluginCall[] => {
  const deletePrincipals = splitList(kintoSettings.get(DELETE_PRINCIPALS)?.text);
  return deletePrincipals.length === 0 ? [] : [{ call: "userData", options: { deletePrincipals } }];
};
