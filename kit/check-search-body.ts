import type { Json } from "../lib/json.ts";

/**
 * Checks a search body in OpenSearch's query language. Rejects with a 400 with the path of anything that the store's own
 * search does not support, because the whole language lets a caller run scripts and read other indexes.
 * @example
 * const requireSafe = async (body: Json): Promise<Json> => {
 *   await checkSearchBody(body);
 *   return body;
 * };
 */
export const checkSearchBody = async (body: Json | undefined): Promise<void> => {
  // Few plugins need the query language, and every function would load it at its start.
  const { parseSearch } = await import("../core/search/request.ts");
  parseSearch(body);
};
