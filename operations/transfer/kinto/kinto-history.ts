import { EVERYONE } from "../../../core/permissions/principals.ts";
import { addVersion, Tally } from "../../../core/transfer/tally.ts";
import { isObject, type JsonObject } from "../../../lib/json.ts";
import { isNestedDeeper } from "../../../lib/nesting.ts";
import type { Line, VersionLine } from "../lines.ts";
import type { KintoClient } from "./kinto-client.ts";
import type { KintoNotices } from "./kinto-notices.ts";
import { readPages } from "./kinto-pages.ts";

/** Reads the history of a bucket, the oldest entry first. What cannot be read is left out with a notice. */
export async function* readKintoHistory(
  client: KintoClient,
  bucket: string,
  notices: KintoNotices,
): AsyncGenerator<Line> {
  const list = `${bucket}/history`;
  const tally = new Tally();
  /** What each object's last entry was. */
  const newest = new Map<string, VersionLine["replaced"]>();
  let isFirst = true;
  for await (const { status, entries } of readPages(client, list, "")) {
    if (entries === undefined)
      return notices.add(
        "history",
        `${list} ${isFirst ? "is left out" : "is incomplete"}: it answers ${status}. Give the user of --auth the right to read it: see docs/operations/move-data.md.`,
      );
    isFirst = false;
    for (const entry of entries) {
      const line = toVersionLine(entry, newest);
      if (line === undefined) {
        notices.add(
          "entry",
          `The entry ${JSON.stringify(entry.id)} of ${list} is left out: Kinto's have another form.`,
        );
        continue;
      }
      const { version, permissions, ...fields } = line;
      addVersion(tally, { ...fields, uri: version, acl: permissions });
      yield line;
    }
  }
  yield { list, ...tally.report };
}

const toVersionLine = (
  { uri, action, user_id, date: written, last_modified: revision, target }: JsonObject,
  newest: Map<string, VersionLine["replaced"]>,
): VersionLine | undefined => {
  if (typeof uri !== "string" || !isObject(target) || !isObject(target.data)) return undefined;
  if (action !== "create" && action !== "update" && action !== "delete") return undefined;
  const { last_modified } = target.data;
  const date = Date.parse(String(written));
  if (isNestedDeeper(target.data) || !isTime(revision) || !isTime(last_modified) || Number.isNaN(date))
    return undefined;
  const replaced = newest.get(uri) ?? { revision: 0, existed: false };
  newest.set(uri, { revision, existed: action !== "delete" });
  const permissions = isObject(target.permissions) ? target.permissions : {};
  return {
    version: uri,
    revision,
    action,
    user: typeof user_id === "string" ? user_id : EVERYONE,
    date,
    last_modified,
    replaced,
    // A deletion shows nothing of what was deleted.
    data: action === "delete" ? null : target.data,
    permissions: Object.fromEntries(
      Object.entries(permissions).flatMap(([name, users]) =>
        Array.isArray(users) ? [[name, users.filter((one) => typeof one === "string")]] : [],
      ),
    ),
    ...(/^\/buckets\/[^/]+(\/collections\/[^/]+)?$/.test(uri) && { own: true as const }),
  };
};

const isTime = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
