import type { JsonObject } from "../../../lib/json.ts";
import type { Cluster } from "./client.ts";

const DELETES_PER_PAGE = 1000;
/** Maximum number of pages that one call deletes in OpenSearch Serverless. */
const MAX_PAGES = 20;

interface FoundPage {
  readonly hits: { readonly hits: readonly { readonly _index: string; readonly _id: string }[] };
}

/**
 * Deletes what matches a query, as far as it can be searched already. A domain does so in the background. OpenSearch
 * Serverless has no such operation: there, a limited number is deleted, and a later call continues.
 * @param routing the generation, if the query is limited to one
 */
export const deleteByQuery = async (
  { call, isServerless }: Cluster,
  target: string,
  query: JsonObject,
  routing?: string,
): Promise<void> => {
  if (!isServerless) {
    await call("POST", `/${target}/_delete_by_query`, {
      query: {
        conflicts: "proceed",
        wait_for_completion: false,
        ignore_unavailable: true,
        ...(routing !== undefined && { routing }),
      },
      body: { query },
    });
    return;
  }
  const deleted = new Set<string>();
  for (let page = 0; page < MAX_PAGES; page++) {
    const { hits } = await call<FoundPage>("POST", `/${target}/_search`, {
      query: { ignore_unavailable: true },
      body: { query, size: DELETES_PER_PAGE, from: 0, _source: false },
    });
    // Deleted documents are found until the next refresh.
    const found = hits.hits.filter(({ _index, _id }) => !deleted.has(`${_index} ${_id}`));
    if (found.length === 0) return;
    await call("POST", "/_bulk", { lines: found.map(({ _index, _id }) => ({ delete: { _index, _id } })) });
    for (const { _index, _id } of found) deleted.add(`${_index} ${_id}`);
  }
};
