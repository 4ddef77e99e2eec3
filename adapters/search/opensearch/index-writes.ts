import { type IndexWrite, IndexWriteError } from "../../../core/ports/search-engine.ts";
import { extractFields } from "../../../core/search/fields.ts";
import type { JsonObject } from "../../../lib/json.ts";

/** Maximum size of a request in UTF-16 units. The limit of the smallest AWS domains is 10 MiB. */
const MAX_REQUEST_UNITS = 2_000_000;
const MAX_REQUEST_WRITES = 500;
/** The index already has the same or a newer version; for replays a newer one. */
const VERSION_CONFLICT = 409;

export interface BulkResponse {
  readonly errors: boolean;
  readonly items: readonly {
    readonly index: { readonly status: number; readonly error?: { readonly type?: string; readonly reason?: string } };
  }[];
}

/**
 * Sends writes in as few requests as possible. Rejects with an {@link IndexWriteError} if some failed.
 * @param send sends the lines of a bulk request
 * @param now milliseconds since 1970
 */
export const writeInBulk = async (
  writes: readonly IndexWrite[],
  now: number,
  send: (lines: readonly JsonObject[]) => Promise<BulkResponse>,
): Promise<void> => {
  const rejected: IndexWriteError["rejected"][number][] = [];
  for (const batch of splitWrites(writes, now)) {
    const response = await send(batch.flatMap(({ action, document }) => [action, document]));
    if (!response.errors) continue;
    for (const [index, { index: item }] of response.items.entries()) {
      const write = batch[index]?.write;
      if (write === undefined || item.status < 300 || item.status === VERSION_CONFLICT) continue;
      rejected.push({
        index: write.index,
        id: write.id,
        reason: `${item.status} ${item.error?.type ?? ""} ${item.error?.reason?.slice(0, 200) ?? ""}`.trim(),
      });
    }
  }
  if (rejected.length > 0) throw new IndexWriteError(rejected);
};

interface BulkItem {
  readonly write: IndexWrite;
  readonly action: JsonObject;
  readonly document: JsonObject;
}

function* splitWrites(writes: readonly IndexWrite[], now: number): Generator<BulkItem[]> {
  let batch: BulkItem[] = [];
  let characters = 0;
  for (const write of writes) {
    const document = toStoredDocument(write, now);
    const size = JSON.stringify(document).length;
    if (batch.length > 0 && (batch.length === MAX_REQUEST_WRITES || characters + size > MAX_REQUEST_UNITS)) {
      yield batch;
      batch = [];
      characters = 0;
    }
    characters += size;
    batch.push({
      write,
      document,
      action: {
        index: {
          _index: openSearchIndexName(write.index),
          _id: write.id,
          version: write.version,
          version_type: write.replay ? "external_gte" : "external",
        },
      },
    });
  }
  if (batch.length > 0) yield batch;
}

const toStoredDocument = ({ id, document }: IndexWrite, now: number): JsonObject => {
  if (document === null) return { id, gone: now };
  const { fields, paths } = extractFields(document);
  return {
    id,
    doc: JSON.stringify(document),
    paths: [...paths],
    leaf: fields.map(({ path, texts, values }) => ({ p: path, t: [...texts], v: [...values] })),
  };
};

export const INDEX_PREFIX = "kintoun-";

/** The name in OpenSearch of an index. Throws if the name is invalid. */
export const openSearchIndexName = (index: string): string => {
  if (!/^[a-z0-9]{1,64}$/.test(index)) throw new TypeError(`Not the name of an index: ${index.slice(0, 80)}`);
  return INDEX_PREFIX + index;
};

/**
 * The template of all indexes. OpenSearch applies it when it creates an index, so concurrent writers need no
 * coordination and a dropped index is created correctly again.
 *
 * The mapping names no field of a record. Each field is a nested document of its path (`p`), texts (`t`) and values
 * (`v`, see `encodeValue`). So records cannot have conflicting types, reach `index.mapping.total_fields.limit`, or grow
 * the cluster state. A deleted record stays as a tombstone (`gone`, milliseconds since 1970), because OpenSearch's own
 * memory of deletions (`index.gc_deletes`) does not survive a restart.
 */
export const INDEX_TEMPLATE: JsonObject = {
  index_patterns: [`${INDEX_PREFIX}*`],
  priority: 500,
  template: {
    settings: { index: { number_of_shards: 1, auto_expand_replicas: "0-1" } },
    mappings: {
      dynamic: false,
      // Only the record is kept, as text, so that OpenSearch does not change its keys or numbers.
      _source: { includes: ["doc"] },
      properties: {
        doc: { type: "object", enabled: false },
        id: { type: "keyword" },
        gone: { type: "long" },
        paths: { type: "keyword", doc_values: false },
        leaf: {
          type: "nested",
          dynamic: false,
          properties: {
            p: { type: "keyword" },
            t: { type: "text", analyzer: "standard" },
            v: { type: "keyword" },
          },
        },
      },
    },
  },
};
