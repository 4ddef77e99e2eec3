import type { Json } from "../../../lib/json.ts";

const POST_SCHEMA = { type: "object", properties: { title: { type: "string" } }, required: ["title"] };

/** Request bodies as users would write them, by schema. Each is valid for its schema. */
export const EXAMPLES: Readonly<Record<string, Json>> = {
  BucketDraft: { data: { title: "My blog" } },
  CollectionDraft: { data: { schema: POST_SCHEMA }, permissions: { read: ["system.Authenticated"] } },
  GroupDraft: { data: { members: ["account:ada"] } },
  RecordDraft: { data: { title: "First post" } },
  Merge: { data: { title: "Second post" } },
  Patch: [{ op: "replace", path: "/data/title", value: "Second post" }],
  Batch: {
    defaults: { method: "PUT" },
    requests: [{ path: "/buckets/blog" }, { path: "/buckets/blog/collections/posts" }],
  },
  Search: { query: { match: { title: "post" } }, size: 10 },
  Searches: {
    searches: [{ query: { match: { title: "post" } } }, { size: 0, aggs: { titles: { terms: { field: "title" } } } }],
  },
  ScopeSearch: { query: { match: { title: "post" } }, limit: 10 },
};
