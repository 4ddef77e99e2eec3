import { answer } from "../../app/http/answer.ts";
import { readJson, requireJsonAccepted } from "../../app/http/body.ts";
import { type HttpHandler, httpApp, lambdaHandler } from "../../app/http/lambda.ts";
import type { Search } from "../../app/search.ts";
import { BUCKETS, listRef, objectRef } from "../../core/resources.ts";
import { searchCollection } from "../../core/search/search-collection.ts";

/** The lambda that answers `POST …/search`. */
export const searchHandler = ({ world, identification, engine, log }: Search): HttpHandler => {
  const app = httpApp({ log, challenges: identification.challenges });
  app.post("/v1/buckets/:bucket/collections/:collection/search", async (c) => {
    requireJsonAccepted(c.req.raw);
    const collection = objectRef(listRef("collection", objectRef(BUCKETS, c.req.param("bucket"))), c.req.param("collection"));
    const user = await identification.identify(c.req.header("authorization"));
    const found = await searchCollection({ ...world, engine }, { collection, user, body: () => readJson(c.req.raw) });
    return answer(200, JSON.stringify(found));
  });
  return lambdaHandler(app);
};
