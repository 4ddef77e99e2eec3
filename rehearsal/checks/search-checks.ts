import { BUCKET, type Check, requireEqual, requireStatus } from "./check.ts";

const BOOKS = `${BUCKET}/collections/books`;
const QUERY = { query: { match: { title: "cloud" } } };

/** Each route of the function `search`. */
export const SEARCH_CHECKS: readonly Check[] = [
  {
    name: "search › POST of a collection finds records",
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
      name: `search › ${method} ${path} answers`,
      run: async ({ store: { client }, as }) => {
        const answer = await (method === "GET" ? client.get(path, as("alice")) : client.post(path, QUERY, as("alice")));
        requireStatus(answer, 200);
      },
    }),
  ),
  {
    name: "search › all of its routes reach its function",
    run: async ({ store: { account } }) => {
      const [search] = [...account.functions.values()].filter(
        ({ lambda }) =>
          /search/i.test(lambda.options.logicalId) && lambda.options.environment.KINTOUN_LISTENER === undefined,
      );
      requireEqual("The number of searches that its function served", search?.lambda.invocations, 7);
    },
  },
];
