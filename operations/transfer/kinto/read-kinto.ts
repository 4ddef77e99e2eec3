import { UserError } from "../../../config/user-error.ts";
import { EVERYONE } from "../../../core/permissions/principals.ts";
import type { Acl } from "../../../core/ports/store.ts";
import { Tally, type TallyReport } from "../../../core/transfer/tally.ts";
import { isObject, type Json, type JsonObject } from "../../../lib/json.ts";
import { isNestedDeeper, MAX_NESTING } from "../../../lib/nesting.ts";
import { FORMAT, type Line, type ObjectLine } from "../lines.ts";
import type { KintoClient } from "./kinto-client.ts";
import { openKintoFiles } from "./kinto-files.ts";
import { readKintoHistory } from "./kinto-history.ts";
import { createKintoNotices, type KintoNotices } from "./kinto-notices.ts";
import { readPages } from "./kinto-pages.ts";

export interface KintoSource {
  readonly client: KintoClient;
  /** Ids of buckets; all that the user may read when absent. */
  readonly buckets: readonly string[] | undefined;
  /** Permissions by URI from Kinto's database; as far as the API shows them when absent. */
  readonly permissions: ReadonlyMap<string, Acl> | undefined;
  /** Lists that an earlier run has read to their end, by URI. */
  readonly known: ReadonlyMap<string, KnownList>;
  /** Called with each list that was read to its end. */
  readonly onList: (list: string, read: KnownList) => void;
  readonly onNotice: (text: string) => void;
}

/** A list as it was read. */
export interface KnownList {
  readonly etag: string;
  readonly report: TallyReport;
  /** The ids of its objects, whose own lists are read next. */
  readonly ids?: readonly string[] | undefined;
}

/** Kinto's default of requests in a batch. */
const DEFAULT_BATCH_SIZE = 25;
/** Statuses of what a user may not read. */
const FORBIDDEN: ReadonlySet<number> = new Set([401, 403, 404]);

/** Reads a running Kinto as the lines of an export: buckets, groups, collections, records, accounts, files and histories. */
export async function* readKinto(source: KintoSource): AsyncGenerator<Line> {
  const { client, buckets, onNotice } = source;
  const root = await client.get("/");
  const { settings, capabilities } = root.body;
  if (root.status !== 200 || !isObject(settings) || !isObject(capabilities))
    throw new UserError([
      `${client.root}/ answers ${root.status}, and not as Kinto does. Give the URL with its version and the credentials of a user: --from https://kinto.example/v1 --auth user:password`,
    ]);
  const max = Number(settings.batch_max_requests);
  const notices = createKintoNotices(onNotice);
  const { attachments } = capabilities;
  const files = isObject(attachments) ? openKintoFiles(client, String(attachments.base_url ?? "")) : undefined;
  const batchSize = max > 0 ? Math.min(max, 100) : DEFAULT_BATCH_SIZE;
  const reader = createObjectReader({ source, notices, files, batchSize, hasHistory: isObject(capabilities.history) });
  try {
    yield {
      kintoun_export: FORMAT,
      version: String(root.body.project_version ?? "0"),
      store: client.root,
      exported: new Date().toISOString(),
      ...(buckets && { buckets: [...buckets] }),
    };
    const bucketIds = yield* reader.readList("/buckets");
    for (const bucket of bucketIds) {
      const uri = `/buckets/${bucket}`;
      yield* reader.readList(`${uri}/groups`);
      const collections = yield* reader.readList(`${uri}/collections`);
      for (const id of collections) yield* reader.readList(`${uri}/collections/${id}/records`);
      if (isObject(capabilities.history)) yield* readKintoHistory(client, uri, notices);
    }
    if (isObject(capabilities.accounts) && buckets === undefined) yield* reader.readList("/accounts");
  } finally {
    await files?.close();
  }
  notices.end();
  if (reader.counts.hidden > 0)
    onNotice(
      `Kinto does not show the permissions of ${reader.counts.hidden} objects to this user, because their own 'write' does not name it. New ones have none here, and others keep theirs. Import again with --permissions FILE: see docs/operations/move-data.md.`,
    );
  const { objects, tombstones, files: fileCount } = reader.counts;
  yield { end: { objects, tombstones, versions: 0, files: fileCount } };
}

interface ReaderOptions {
  readonly source: KintoSource;
  readonly notices: KintoNotices;
  /** Absent without the plugin attachments in Kinto. */
  readonly files: ReturnType<typeof openKintoFiles> | undefined;
  /** Requests in a batch. */
  readonly batchSize: number;
  readonly hasHistory: boolean;
}

const createObjectReader = ({ source, notices, files, batchSize, hasHistory }: ReaderOptions) => {
  const { client, buckets, permissions, known, onList, onNotice } = source;
  const counts = { objects: 0, tombstones: 0, files: 0, hidden: 0 };

  /** Reads the objects of a page with their permissions, as far as they are shown. */
  const readObjects = async (list: string, listed: readonly JsonObject[]): Promise<readonly ObjectLine[]> => {
    if (list === "/accounts") return listed.map(toAccountLine);
    const uris = listed.map(({ id }) => `${list}/${String(id)}`);
    if (permissions !== undefined)
      return listed.map((data, index) => toLine(uris[index] ?? "", data, permissions.get(uris[index] ?? "") ?? {}));
    const responses = await client.getAll(uris);
    const lines = responses.flatMap(({ status, body }, index) => {
      const { data, permissions: shown } = body;
      // It was deleted since the list was read: the next run sees it.
      if (status === 404) return [];
      if (status === 403) {
        notices.add(
          "object",
          `${uris[index]} is left out: it answers 403. Give the user of --auth the right to read it.`,
        );
        return [];
      }
      if (status !== 200 || !isObject(data))
        throw new UserError([`${uris[index]} answers ${status}. Give the user of --auth the right to read it.`]);
      return [toLine(uris[index] ?? "", data, readAcl(shown))];
    });
    return addFromHistory(lines);
  };

  /** Entries of histories show the permissions of each change to all who may read them. */
  const addFromHistory = async (lines: readonly ObjectLine[]): Promise<readonly ObjectLine[]> => {
    const hidden = lines.filter((line) => Object.keys(line.permissions ?? {}).length === 0);
    const queries = hidden.map(
      ({ object }) => `${bucketOf(object)}/history?uri=${encodeURIComponent(object)}&_sort=-last_modified&_limit=1`,
    );
    const found = hasHistory && hidden.length > 0 ? await client.getAll(queries) : [];
    const shown = new Map(hidden.map((line, index) => [line.object, readEntryAcl(line, found[index]?.body.data)]));
    return lines.map((line) => {
      if (Object.keys(line.permissions ?? {}).length > 0) return line;
      const acl = shown.get(line.object) ?? {};
      if (Object.keys(acl).length > 0) return { ...line, permissions: copyAcl(acl) };
      counts.hidden++;
      // What this store has already must not be lost.
      const { permissions: _, ...unknown } = line;
      return unknown;
    });
  };

  /** Adds the file of a record and the lines of its content. */
  async function* withFile(line: ObjectLine): AsyncGenerator<Line> {
    const { attachment } = line.data;
    if (files === undefined || !isObject(attachment)) return yield line;
    try {
      yield* files.read(line, attachment);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      notices.add("file", `The file of ${line.object} is left out: ${error.lines.join(" ")}`);
      return yield line;
    }
    counts.files++;
  }

  const isTooDeep = ({ object, data }: ObjectLine): boolean => {
    if (!isNestedDeeper(data)) return false;
    notices.add("object", `${object} is left out: it has more than ${MAX_NESTING} levels of arrays and objects.`);
    return true;
  };

  /** Reads a list with its tombstones. Returns the ids of its objects if they contain others. */
  async function* readList(list: string): AsyncGenerator<Line, readonly string[]> {
    const before = known.get(list);
    const tally = new Tally();
    const ids: string[] = [];
    const isContainer = list === "/buckets" || list.endsWith("/collections");
    let etag: string | undefined;
    const headers: Record<string, string> = before === undefined ? {} : { "if-none-match": before.etag };
    for await (const page of readPages(client, list, "_since=0&", headers)) {
      const { status } = page;
      if (etag === undefined && before !== undefined && status === 304) {
        yield { list, ...before.report };
        return before.ids ?? [];
      }
      if (page.entries === undefined) {
        if (list !== "/accounts" || etag !== undefined || !FORBIDDEN.has(status))
          throw new UserError([`${list} answers ${status}. Give the user of --auth the right to read it in Kinto.`]);
        onNotice(
          `Accounts are left out: ${list} answers ${status}. Give the user of --auth the right to read them: see docs/operations/move-data.md.`,
        );
        return [];
      }
      etag ??= page.headers.get("etag") ?? "";
      const entries = page.entries.filter(
        ({ id }) => list !== "/buckets" || buckets === undefined || buckets.includes(String(id)),
      );
      for (const { id, last_modified } of entries.filter(({ deleted }) => deleted === true)) {
        counts.tombstones++;
        tally.add({ id: String(id), last_modified: Number(last_modified), data: undefined, permissions: {} });
        yield { tombstone: `${list}/${String(id)}`, last_modified: Number(last_modified), user: EVERYONE };
      }
      const objects = entries.filter(({ deleted }) => deleted !== true);
      for (let start = 0; start < objects.length; start += batchSize)
        for (const line of await readObjects(list, objects.slice(start, start + batchSize)))
          for await (const one of isTooDeep(line) ? [] : withFile(line)) {
            yield one;
            if (!("object" in one)) continue;
            counts.objects++;
            const id = one.object.slice(list.length + 1);
            if (isContainer) ids.push(id);
            tally.add({
              id,
              last_modified: Number(one.data.last_modified),
              data: one.data,
              permissions: one.permissions ?? {},
            });
          }
    }
    yield { list, ...tally.report };
    onList(list, { etag: etag ?? "", report: tally.report, ...(isContainer && { ids }) });
    return ids;
  }

  return { counts, readList };
};

const bucketOf = (uri: string): string => uri.split("/", 3).join("/");

const toLine = (object: string, data: JsonObject, permissions: Acl): ObjectLine => ({
  object,
  data,
  permissions: copyAcl(permissions),
  user: EVERYONE,
});

const copyAcl = (acl: Acl): Record<string, string[]> =>
  Object.fromEntries(Object.entries(acl).map(([name, principals]) => [name, [...principals]]));

/** Kinto shows an administrator the hash of the password. */
const toAccountLine = ({ password, ...data }: JsonObject): ObjectLine => {
  const line = toLine(`/accounts/${String(data.id)}`, data, { write: [`account:${String(data.id)}`] });
  if (typeof password !== "string") return line;
  return { ...line, plugins: { accounts: { extra: { hash: password, created: Number(data.last_modified) } } } };
};

const readAcl = (value: Json | undefined): Acl =>
  isObject(value)
    ? Object.fromEntries(
        Object.entries(value).flatMap(([name, principals]) =>
          Array.isArray(principals) && principals.length > 0
            ? [[name, principals.filter((one) => typeof one === "string")]]
            : [],
        ),
      )
    : {};

/** The permissions of an object's last entry, if it shows the object as it is: imports may have no entry. */
const readEntryAcl = ({ data }: ObjectLine, entries: Json | undefined): Acl => {
  const [entry] = Array.isArray(entries) ? entries : [];
  const target = isObject(entry) ? entry.target : undefined;
  if (!isObject(target) || !isObject(target.data) || target.data.last_modified !== data.last_modified) return {};
  return readAcl(target.permissions);
};
