import { EVERYONE } from "../../../core/permissions/principals.ts";
import { addVersion, Tally } from "../../../core/transfer/tally.ts";
import { isObject, type JsonObject } from "../../../lib/json.ts";
import type { Line, VersionLine } from "../lines.ts";
import type { KintoClient } from "./kinto-client.ts";

/** Entries per response. Kinto may have a lower limit. */
const PAGE_SIZE = 500;

/** Reads the history of a bucket, the oldest entry first. */
export async function* readKintoHistory(client: KintoClient, bucket: string): AsyncGenerator<Line> {
  const tally = new Tally();
  /** What each object's last entry was. */
  const newest = new Map<string, VersionLine["replaced"]>();
  for (let next: string | null = `${bucket}/history?_sort=last_modified&_limit=${PAGE_SIZE}`; next !== null; ) {
    const { status, body, headers } = await client.get(next);
    // The user may not read it.
    if (status !== 200 || !Array.isArray(body.data)) return;
    for (const entry of body.data.filter(isObject)) {
      const line = toVersionLine(entry, newest);
      if (line === undefined) continue;
      const { version, permissions, ...fields } = line;
      addVersion(tally, { ...fields, uri: version, acl: permissions });
      yield line;
    }
    next = headers.get("next-page");
  }
  yield { list: `${bucket}/history`, ...tally.report };
}

const toVersionLine = (
  { uri, action, user_id, date, last_modified: revision, target }: JsonObject,
  newest: Map<string, VersionLine["replaced"]>,
): VersionLine | undefined => {
  if (typeof uri !== "string" || !isObject(target) || !isObject(target.data)) return undefined;
  if (action !== "create" && action !== "update" && action !== "delete") return undefined;
  const replaced = newest.get(uri) ?? { revision: 0, existed: false };
  newest.set(uri, { revision: Number(revision), existed: action !== "delete" });
  const permissions = isObject(target.permissions) ? target.permissions : {};
  return {
    version: uri,
    revision: Number(revision),
    action,
    user: typeof user_id === "string" ? user_id : EVERYONE,
    date: Date.parse(String(date)),
    last_modified: Number(target.data.last_modified),
    replaced,
    // A deletion shows nothing of what was deleted.
    data: action === "delete" ? null : target.data,
    permissions: Object.fromEntries(
      Object.entries(permissions).flatMap(([name, users]) => (Array.isArray(users) ? [[name, users.map(String)]] : [])),
    ),
    ...(/^\/buckets\/[^/]+(\/collections\/[^/]+)?$/.test(uri) && { own: true as const }),
  };
};
