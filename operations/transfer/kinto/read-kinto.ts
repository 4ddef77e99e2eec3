import { UserError } from "../../../config/user-error.ts";
import { EVERYONE } from "../../../core/permissions/principals.ts";
import type { Acl } from "../../../core/ports/store.ts";
import { Tally, type TallyReport } from "../../../core/transfer/tally.ts";
import { isObject, type Json, type JsonObject } from "../../../lib/json.ts";
import { FORMAT, type Line, type ObjectLine } from "../lines.ts";
import type { KintoClient } from "./kinto-client.ts";
import { readKintoHistory } from "./kinto-history.ts";

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
/** Objects per response, of up to some hundred KB each. Kinto may have a lower limit. */
const PAGE_SIZE = 500;
/** Content of a file in a line. */
const MAX_CONTENT_BYTES = 512 * 1024;
/** Keys of files that can be kept. */
const PLAIN_KEY = /^[A-Za-z0-9_-][A-Za-z0-9/._-]{0,899}$/;

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
  const reader = createObjectReader(source, capabilities, max > 0 ? Math.min(max, 100) : DEFAULT_BATCH_SIZE);
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
    if (isObject(capabilities.history)) yield* readKintoHistory(client, uri);
  }
  if (isObject(capabilities.accounts) && buckets === undefined) yield* reader.readList("/accounts");
  if (reader.counts.hidden > 0)
    onNotice(
      `Kinto does not show the permissions of ${reader.counts.hidden} objects to this user, because their own 'write' does not name it. New ones have none here, and others keep theirs. Import again with --permissions FILE: see docs/operations/move-data.md.`,
    );
  const { objects, tombstones, files } = reader.counts;
  yield { end: { objects, tombstones, versions: 0, files } };
}

const createObjectReader = (source: KintoSource, capabilities: JsonObject, batchSize: number) => {
  const { client, buckets, permissions, known, onList, onNotice } = source;
  const counts = { objects: 0, tombstones: 0, files: 0, hidden: 0 };
  const attachments = isObject(capabilities.attachments) ? capabilities.attachments : undefined;
  const hasHistory = isObject(capabilities.history);

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
      if (status === 404 || status === 403) return [];
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
    const shown = new Map(hidden.map(({ object }, index) => [object, readEntryAcl(found[index]?.body.data)]));
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
    if (attachments === undefined || !isObject(attachment) || typeof attachment.location !== "string")
      return yield line;
    const { location, size, hash } = attachment;
    const key = toKey(location, String(attachments.base_url ?? ""));
    const content = key === undefined ? undefined : await client.download(location);
    if (key === undefined || content === undefined || typeof size !== "number" || typeof hash !== "string") {
      onNotice(`The file of ${line.object} is left out: ${location} cannot be read, or has another form of name.`);
      return yield line;
    }
    counts.files++;
    yield {
      ...line,
      data: { ...line.data, attachment: { ...attachment, location: key } },
      plugins: { attachments: { file: { bytes: size, sha256: hash } } },
    };
    for await (const part of content)
      for (let start = 0; start < part.length; start += MAX_CONTENT_BYTES)
        yield {
          content: Buffer.from(part.subarray(start, start + MAX_CONTENT_BYTES)).toString("base64"),
          plugin: "attachments",
        };
  }

  /** Reads a list with its tombstones. Returns the ids of its objects if they contain others. */
  async function* readList(list: string): AsyncGenerator<Line, readonly string[]> {
    const before = known.get(list);
    const tally = new Tally();
    const ids: string[] = [];
    const isContainer = list === "/buckets" || list.endsWith("/collections");
    let etag = "";
    for (let next: string | null = `${list}?_since=0&_sort=last_modified&_limit=${PAGE_SIZE}`; next !== null; ) {
      const isFirst: boolean = etag === "";
      const headers = isFirst && before !== undefined ? { "if-none-match": before.etag } : {};
      const { status, body, headers: answered } = await client.get(next, headers);
      if (isFirst && before !== undefined && status === 304) {
        yield { list, ...before.report };
        return before.ids ?? [];
      }
      if (status !== 200 || !Array.isArray(body.data)) {
        if (list === "/accounts") return [];
        throw new UserError([`${list} answers ${status}. Give the user of --auth the right to read it in Kinto.`]);
      }
      if (isFirst) etag = answered.get("etag") ?? "";
      const entries = body.data
        .filter(isObject)
        .filter(({ id }) => list !== "/buckets" || buckets === undefined || buckets.includes(String(id)));
      for (const { id, last_modified } of entries.filter(({ deleted }) => deleted === true)) {
        counts.tombstones++;
        tally.add({ id: String(id), last_modified: Number(last_modified), data: undefined, permissions: {} });
        yield { tombstone: `${list}/${String(id)}`, last_modified: Number(last_modified), user: EVERYONE };
      }
      const objects = entries.filter(({ deleted }) => deleted !== true);
      for (let start = 0; start < objects.length; start += batchSize)
        for (const line of await readObjects(list, objects.slice(start, start + batchSize)))
          for await (const one of withFile(line)) {
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
      next = answered.get("next-page");
    }
    yield { list, ...tally.report };
    onList(list, { etag, report: tally.report, ...(isContainer && { ids }) });
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
          Array.isArray(principals) && principals.length > 0 ? [[name, principals.map(String)]] : [],
        ),
      )
    : {};

const readEntryAcl = (entries: Json | undefined): Acl => {
  const [entry] = Array.isArray(entries) ? entries : [];
  return isObject(entry) && isObject(entry.target) ? readAcl(entry.target.permissions) : {};
};

/** The path of a file below the address of all files, under which it is kept here. */
const toKey = (location: string, baseUrl: string): string | undefined => {
  const path = baseUrl !== "" && location.startsWith(baseUrl) ? location.slice(baseUrl.length) : pathBelow(location);
  return PLAIN_KEY.test(path) && !path.split("/").some((part) => /^\.*$/.test(part)) ? path : undefined;
};

const pathBelow = (location: string): string =>
  (URL.canParse(location) ? new URL(location).pathname : location).replace(/^\/+(v1\/attachments\/)?/, "");
