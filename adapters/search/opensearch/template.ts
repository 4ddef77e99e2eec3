import type { JsonObject } from "../../../lib/json.ts";

export const PREFIX = "kintoun-";

/** The OpenSearch index of one of ours; throws when the name isn't one of an index. */
export const indexNamed = (index: string): string => {
  if (!/^[a-z0-9]{1,64}$/.test(index)) throw new TypeError(`not the name of an index: ${index.slice(0, 80)}`);
  return PREFIX + index;
};

/**
 * Gives every index its mapping in the moment that OpenSearch makes it, so that no two writers race to do it and one
 * that was dropped comes back right.
 *
 * The mapping names no field of a record: each leaf is a nested document of its path (`p`), texts (`t`) and values
 * (`v`, see `encodeValue`). So no record can conflict with another's types, reach `index.mapping.total_fields.limit`,
 * or burden the cluster's state; a record that was deleted stays as a tombstone (`gone`, ms since 1970), because what
 * OpenSearch itself remembers of deletions (`index.gc_deletes`) doesn't outlive a restart.
 */
export const TEMPLATE: JsonObject = {
  index_patterns: [`${PREFIX}*`],
  priority: 500,
  template: {
    settings: { index: { number_of_shards: 1, auto_expand_replicas: "0-1" } },
    mappings: {
      dynamic: false,
      // the record alone is kept as it came: as text, since its keys and numbers are not OpenSearch's business
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
