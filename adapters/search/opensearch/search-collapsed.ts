import type { SearchRequest } from "../../../core/search/request.ts";
import type { Json, JsonObject } from "../../../lib/json.ts";
import type { OpenSearchHit, OpenSearchResponse } from "./search-body.ts";

const HITS_PER_PAGE = 1000;
/** Hits after these are not looked at. OpenSearch's own limit of a page is the same. */
const MAX_PAGES = 10;

/**
 * Searches page by page until there are enough hits with different values. OpenSearch can collapse hits only by fields of
 * the mapping, and records have none there. The last sort key is the value.
 */
export const searchCollapsed = async (
  { from, size }: Pick<SearchRequest, "from" | "size">,
  body: JsonObject,
  search: (body: JsonObject) => Promise<OpenSearchResponse>,
): Promise<OpenSearchResponse> => {
  const hits: OpenSearchHit[] = [];
  const values = new Set<Json | undefined>();
  let first: OpenSearchResponse | undefined;
  let after: readonly Json[] | undefined;
  for (let page = 0; page < MAX_PAGES && values.size < from + size; page++) {
    const response: OpenSearchResponse = await search({
      ...body,
      from: 0,
      size: HITS_PER_PAGE,
      ...(after && { search_after: [...after], track_total_hits: false, aggs: {} }),
    });
    first ??= response;
    for (const hit of response.hits.hits) {
      const value = hit.sort.at(-1) ?? null;
      if (values.has(value) || values.size === from + size) continue;
      values.add(value);
      hits.push(hit);
    }
    after = response.hits.hits.at(-1)?.sort;
    if (response.hits.hits.length < HITS_PER_PAGE) break;
  }
  first ??= await search({ ...body, from: 0, size: 0 });
  return { ...first, hits: { ...first.hits, hits: hits.slice(from) } };
};
