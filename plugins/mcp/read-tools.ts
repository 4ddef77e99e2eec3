import type { JsonObject, OwnResponse } from "@kintoun/kit";
import * as z from "zod";
import {
  MAX_RESULT_CHARS,
  nextPageOf,
  requireFeature,
  type StoreClient,
  StoreError,
  toObjectPath,
  toPath,
  toRecordsPath,
  totalOf,
} from "./store-client.ts";
import { defineTool, PARAMETERS, type Tool } from "./tool.ts";

const { bucket, collection, record, limit, page } = PARAMETERS;

/** Hits of a search that can be skipped at most. */
const MAX_OFFSET = 9000;

/** Collections and groups of a bucket that are described at most. */
const MAX_DESCRIBED = 100;

const storeInfo = defineTool({
  name: "store_info",
  title: "Describe the store",
  description:
    "Returns the version and the capabilities of the store, and the user of this connection with its principals. user.scope, if it is there, limits the connection to the paths of objects that it names by permission.",
  input: {},
  effect: "reads",
  run: async (_, store) => (await store.request({ method: "GET", path: "/" })).body,
});

const listBuckets = defineTool({
  name: "list_buckets",
  title: "List buckets",
  description: "Lists the buckets that the user may read. A bucket contains collections of records.",
  input: { limit, page },
  effect: "reads",
  run: async (input, store) => listPage(store, "/buckets", "buckets", input),
});

const describeBucket = defineTool({
  name: "describe_bucket",
  title: "Describe a bucket",
  description:
    "Returns a bucket with its collections and groups, as far as the user may read them, and whether there are more.",
  input: { bucket },
  effect: "reads",
  run: async (input, store) => {
    const path = toPath("buckets", input.bucket);
    const [{ body }, collections, groups] = await Promise.all([
      store.request({ method: "GET", path }),
      listPage(store, `${path}/collections`, "collections", { limit: MAX_DESCRIBED }),
      listPage(store, `${path}/groups`, "groups", { limit: MAX_DESCRIBED }),
    ]);
    return {
      bucket: body.data ?? {},
      permissions: body.permissions ?? {},
      collections: collections.collections ?? [],
      more_collections: collections.next_page !== undefined,
      groups: groups.groups ?? [],
      more_groups: groups.next_page !== undefined,
    };
  },
});

const describeCollection = defineTool({
  name: "describe_collection",
  title: "Describe a collection",
  description:
    "Returns a collection with its JSON schema, if it has one, and the number of its records. Call it before you create or change records.",
  input: { bucket, collection },
  effect: "reads",
  run: async (input, store) => {
    const path = toPath("buckets", input.bucket, "collections", input.collection);
    const [{ body }, count] = await Promise.all([
      store.request({ method: "GET", path }),
      store.request({ method: "HEAD", path: `${path}/records` }),
    ]);
    const total = totalOf(count);
    return {
      collection: body.data ?? {},
      permissions: body.permissions ?? {},
      ...(total !== undefined && { records: total }),
    };
  },
});

const listRecords = defineTool({
  name: "list_records",
  title: "List records",
  description:
    "Lists records of a collection, filtered and sorted, a page at a time. Filters are fields with values. Prefixes compare: min_, max_, gt_, lt_, not_, like_, in_, exclude_, has_, contains_. Nested fields have dots, as in author.name.",
  input: {
    bucket,
    collection,
    filters: z
      .record(z.string().max(200), z.union([z.string().max(2000), z.number(), z.boolean()]))
      .default({})
      .describe('For example {"status": "open", "min_priority": 3}.'),
    sort: z.string().max(500).optional().describe("Fields, separated by commas; -field is descending."),
    fields: z.array(z.string().max(200)).max(50).optional().describe("Only these fields of each record."),
    limit,
    page,
  },
  effect: "reads",
  run: async ({ filters, sort, fields, ...input }, store) => {
    for (const name of Object.keys(filters))
      if (name.startsWith("_"))
        throw new StoreError(`filters.${name} is not a field. Use sort, fields, limit and page.`);
    const query = new URLSearchParams(Object.entries(filters).map(([name, value]) => [name, String(value)]));
    if (sort !== undefined) query.set("_sort", sort);
    if (fields !== undefined) query.set("_fields", ["id", "last_modified", ...fields].join(","));
    return listPage(store, toRecordsPath(input), "records", input, query);
  },
});

const readRecord = defineTool({
  name: "read_record",
  title: "Read a record",
  description: "Returns a record with its permissions. Keep its last_modified: changes need it.",
  input: { bucket, collection, record },
  effect: "reads",
  run: async (input, store) => {
    const path = `${toRecordsPath(input)}${toPath(input.record)}`;
    const { body } = await store.request({ method: "GET", path });
    return { record: body.data ?? {}, permissions: body.permissions ?? {} };
  },
});

const searchRecords = defineTool({
  name: "search_records",
  title: "Search records",
  description:
    "Finds records of a collection by words, best first, with typing errors and other forms of words. Or by a query of the search language, which is that of OpenSearch: match, term, range, bool. If there are more hits, next_offset is the offset of the next call.",
  input: {
    bucket,
    collection,
    words: z.string().min(1).max(1000).optional().describe("What a person would type."),
    query: z.record(z.string(), z.unknown()).optional().describe("A clause of the search language, instead of words."),
    limit,
    offset: z.int().min(0).max(MAX_OFFSET).default(0).describe("Hits to skip."),
  },
  effect: "reads",
  run: async ({ words, query, limit, offset, ...input }, store) => {
    if ((words === undefined) === (query === undefined)) throw new StoreError("Send either words or query.");
    const path = `${toPath("buckets", input.bucket, "collections", input.collection)}/search`;
    return fitResult(limit, async (size) => {
      const send = async () =>
        store.request(
          words === undefined
            ? { method: "POST", path, body: { query: query as JsonObject, from: offset, size } }
            : {
                method: "GET",
                path,
                query: String(new URLSearchParams({ q: words, limit: `${size}`, offset: `${offset}` })),
              },
        );
      const { body } = await requireFeature("search", send);
      const next = nextOffsetOf(body, offset);
      return { hits: body.hits ?? {}, ...(next !== undefined && { next_offset: next }) };
    });
  },
});

const listActions = defineTool({
  name: "list_actions",
  title: "List actions",
  description: "Lists the actions of plugins that the user may start, on the store or on one of its objects.",
  input: { object: z.string().max(1000).optional().describe("A path such as /buckets/blog; the store when absent.") },
  effect: "reads",
  run: async ({ object }, store) => {
    const path = `${toObjectPath(object)}/actions`;
    const { body } = await requireFeature("actions", async () => store.request({ method: "GET", path }));
    return { actions: body.data ?? [] };
  },
});

const readJob = defineTool({
  name: "read_job",
  title: "Look at a job",
  description:
    "Returns the state of a job that an action has started: queued, running, succeeded, failed or cancelled.",
  input: { job: z.string().min(1).max(100).describe("job_id of run_action.") },
  effect: "reads",
  run: async ({ job }, store) => ({ job: (await store.request({ method: "GET", path: `/jobs${toPath(job)}` })).body }),
});

const listPage = async (
  store: StoreClient,
  path: string,
  name: string,
  { limit, page }: { readonly limit: number; readonly page?: string | undefined },
  query = new URLSearchParams(),
): Promise<JsonObject> =>
  fitResult(limit, async (size) => {
    const own = new URLSearchParams(query);
    if (page !== undefined) own.set("_token", page);
    own.set("_limit", String(size));
    const response: OwnResponse = await store.request({ method: "GET", path, query: String(own) });
    const next = nextPageOf(response);
    return { [name]: response.body?.data ?? [], ...(next !== undefined && { next_page: next }) };
  });

/** The offset of the hits that follow; `undefined` after the last one. */
const nextOffsetOf = ({ hits }: JsonObject, offset: number): number | undefined => {
  const { success, data } = HITS.safeParse(hits);
  if (!success) return undefined;
  const next = offset + data.hits.length;
  return next < data.total.value && next <= MAX_OFFSET ? next : undefined;
};

const HITS = z.object({ total: z.object({ value: z.number() }), hits: z.array(z.unknown()) });

/** Asks for fewer entries until they fit. */
const fitResult = async (limit: number, read: (limit: number) => Promise<JsonObject>): Promise<JsonObject> => {
  for (let size = limit; ; size = Math.max(1, Math.floor(size / 4))) {
    const result = await read(size);
    if (size === 1 || JSON.stringify(result).length <= MAX_RESULT_CHARS) return result;
  }
};

export const READ_TOOLS: readonly Tool[] = [
  storeInfo,
  listBuckets,
  describeBucket,
  describeCollection,
  listRecords,
  readRecord,
  searchRecords,
  listActions,
  readJob,
];
