import type { AddFinding } from "./findings.ts";
import { splitList } from "./setting-values.ts";
import { type PluginCall, readModules, type Settings } from "./settings-map.ts";

const MODULE = "kinto.plugins.history";
const LISTS = {
  "history.exclude_resources": "excludeResources",
  "history.exclude_user_ids": "excludeUserIds",
} as const;
const COUNT = "history.auto_trim_max_count";

/** Whether a setting is one that {@link translateHistory} converts. */
export const isHistorySetting = (name: string, modules: readonly string[]): boolean =>
  modules.includes(MODULE) && (Object.hasOwn(LISTS, name) || name === COUNT);

/** Converts Kinto's plugin for histories. */
export const translateHistory = (kintoSettings: Settings, add: AddFinding): readonly PluginCall[] => {
  if (!readModules(kintoSettings).includes(MODULE)) return [];
  const lists = Object.entries(LISTS).flatMap(([name, option]) => {
    const items = splitList(kintoSettings.get(name)?.text);
    return items.length === 0 ? [] : [[option, items] as const];
  });
  const count = kintoSettings.get(COUNT);
  const maxCount = Number(count?.text);
  if (count !== undefined && Number.isSafeInteger(maxCount) && maxCount > 0)
    add(
      "action",
      count.key,
      "counts the entries of each type in Kintoun's history() together: raise maxCount if that is too few",
    );
  else if (count !== undefined && maxCount !== -1)
    add("lost", count.key, "is left out: it must be a whole number above 0");
  const options = { ...Object.fromEntries(lists), ...(maxCount > 0 && { maxCount }) };
  add("info", `kinto.includes: ${MODULE}`, "is history() in Kintoun. Entries of Kinto are not carried over");
  return [{ call: "history", ...(Object.keys(options).length > 0 && { options }) }];
};
