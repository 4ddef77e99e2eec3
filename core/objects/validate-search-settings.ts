import { isDeepStrictEqual } from "node:util";
import type { JsonObject } from "../../lib/json.ts";
import { invalid, type RequestIssue } from "../errors.ts";
import type { StoredObject } from "../ports/store.ts";
import { INDEX_FIELDS, readSearchSettings } from "../search/search-settings.ts";
import { parseData } from "../store/view.ts";

/**
 * Checks the metadata that says how a collection is searched, unless it is as before: it may be older than the plugin that
 * searches.
 * @param options.isPatched names of fields have no `data.` before them
 * @throws Failure 400
 */
export const requireSearchSettings = (
  existing: StoredObject | undefined,
  data: JsonObject,
  { isPatched }: { readonly isPatched: boolean },
): void => {
  const before = existing === undefined ? {} : parseData(existing);
  if (INDEX_FIELDS.every((field) => isDeepStrictEqual(before[field], data[field]))) return;
  const issues: RequestIssue[] = [];
  readSearchSettings(data, ({ path, description }) =>
    issues.push({ location: "body", name: isPatched ? path : `data.${path}`, description }),
  );
  const [first, ...more] = issues;
  if (first !== undefined) throw invalid(first, ...(isPatched ? [] : more));
};
