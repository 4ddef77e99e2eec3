import { invalid } from "../errors.ts";
import { parseInteger, queryIssue } from "../lists/query-parameters.ts";
import type { Versions } from "../ports/versions.ts";
import type { ObjectRef } from "../resources.ts";
import { keepsVersions, type VersionPolicy } from "./policy.ts";

/** How a store keeps versions. */
export interface VersionAccess {
  /** `undefined` when no plugin keeps versions. */
  readonly policy: VersionPolicy | undefined;
  readonly open: () => Promise<Versions>;
}

/** Opens the versions of an object. @throws Failure 400 when none are kept */
export const openVersions = async ({ policy, open }: VersionAccess, ref: ObjectRef): Promise<Versions> => {
  if (policy === undefined)
    throw invalid(queryIssue("_at", "This store keeps no history. Its operator can add the plugin history."));
  if (!keepsVersions(policy, ref)) throw invalid(queryIssue("_at", `No history of ${ref.uri} is kept.`));
  return open();
};

/** Parses `_at`: a time in ms, with or without double quotes. @throws Failure 400 */
export const readAt = (query: string): number => {
  const [value = "", ...others] = new URLSearchParams(query).getAll("_at");
  if (others.length > 0) throw invalid(queryIssue("_at", "_at is given more than once"));
  const at = parseInteger(value);
  if (at === undefined || at < 0 || !Number.isSafeInteger(at))
    throw invalid(
      queryIssue("_at", `${JSON.stringify(value.slice(0, 100))} is not a time in ms. Send the number of an ETag.`),
    );
  return at;
};

/** Throws a 400 for a time that is not reached yet. @param newest the present, or the list's timestamp if it is later */
export const requirePast = (at: number, newest: number): void => {
  if (at > newest)
    throw invalid(
      queryIssue("_at", `${at} is in the future: the newest time is ${newest}. Send a time in ms, or leave out _at.`),
    );
};
