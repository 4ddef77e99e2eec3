import { capitalize } from "../../../lib/util/capitalize.ts";
import type { ApiApp } from "../app.ts";
import { tagOf } from "./objects.ts";
import type { PathOperation } from "./operations.ts";

/** What the store's own tags stand for, in the order of the document. Those of plugins follow. */
const ABOUT: Readonly<Record<string, string>> = {
  Buckets: "A bucket contains collections and groups. Permissions on it apply to everything in it.",
  Collections: "A collection contains records, and may have a JSON Schema for them.",
  Groups: "A group is a list of users. Its URI can get permissions as a user can.",
  Records: "A record is a JSON object.",
  Search: "Full-text search, filters and aggregations over the records that the user may read.",
  Permissions: "What the user may do.",
  Batch: "Several requests in one.",
  Actions: "Work that takes long, which plugins offer. Starting an action creates a job.",
  Jobs: "The status and the result of actions and schedules.",
  Utilities: "The version, the capabilities and the health of the store.",
};

/** The tag of a plugin's routes, such as `Rate limits` of `rate-limits`. */
export const pluginTag = (plugin: string): string => capitalize(plugin.replaceAll("-", " "));

/** The tags of operations, each with a sentence about it. */
export const tagsOf = (
  { plugins, storeContext }: Pick<ApiApp, "plugins" | "storeContext">,
  operations: readonly PathOperation[],
): readonly { readonly name: string; readonly description?: string }[] => {
  const about = new Map([
    ...storeContext.resources.all.flatMap((one) => (one.plugin ? [[tagOf(one), one.plugin.about] as const] : [])),
    ...plugins.map((one) => [pluginTag(one.name), one.about] as const),
    ...Object.entries(ABOUT),
  ]);
  const used = new Set(operations.map(({ operation }) => operation.tag));
  const own = Object.keys(ABOUT);
  return [...own.filter((name) => used.has(name)), ...[...used].filter((name) => !own.includes(name))].map((name) => {
    const description = about.get(name);
    return { name, ...(description !== undefined && { description }) };
  });
};
