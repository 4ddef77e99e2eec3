import type { RehearsedStore } from "../rehearse-store.ts";
import { BUCKET, type Check, requireEqual, requireStatus } from "./check.ts";

const BOOKS = `${BUCKET}/collections/books`;
const QUERY = { query: { match: { title: "cloud" } } };

/** Each route of the function `search`. */
export const SEARCH_CHECKS: readonly Check[] = [
  {
    name: "search › POST of a collection finds records",
    needs: "search",
    run: async ({ store: { client }, as }) => {
      requireStatus(await client.put(BOOKS, {}, as("alice")), 201, 200);
      requireStatus(
        await client.put(`${BOOKS}/records/one`, { data: { title: "A cloud over the sea" } }, as("alice")),
        201,
        200,
      );
      const found = requireStatus(await client.post(`${BOOKS}/search`, QUERY, as("alice")), 200);
      requireEqual("The number of hits", found.body.hits.total.value, 1);
    },
  },
  ...(
    [
      ["GET", `${BOOKS}/search?q=cloud`],
      ["POST", `${BOOKS}/search/_count`],
      ["POST", `${BUCKET}/search`],
      ["POST", "/search"],
      ["GET", "/search/plugins"],
      ["GET", "/search/facets"],
    ] as const
  ).map(
    ([method, path]): Check => ({
      name: `search › ${method} ${path} reaches its function`,
      needs: "search",
      run: async ({ store: { client, account }, as }) => {
        const before = countSearches(account);
        const answer = await (method === "GET" ? client.get(path, as("alice")) : client.post(path, QUERY, as("alice")));
        requireStatus(answer, 200);
        // The function api would answer too, without the route.
        requireEqual("The number of calls of the function search", countSearches(account) - before, 1);
      },
    }),
  ),
];

/** How often the function that serves searches was called. */
const countSearches = ({ functions }: RehearsedStore["account"]): number =>
  [...functions.values()]
    .filter(({ lambda }) => /^Search/.test(lambda.options.logicalId))
    .reduce((sum, { lambda }) => sum + lambda.invocations, 0);
