import { definePlugin, jsonResponse, need, selectEntries } from "@kintoun/kit";
import * as z from "zod";
import { readChangeset } from "./changeset.ts";
import { listEntries } from "./entries.ts";
import { options } from "./options.ts";
import {
  CHANGES_PATH,
  cacheHeaders,
  checkPreconditions,
  listHeaders,
  newestOf,
  redirectOldSince,
} from "./responses.ts";

const changesetQuery = z.object({
  _expected: z.string(),
  _since: z
    .string()
    .regex(/^"\d{1,16}"$/, "The value should be integer between double quotes.")
    .optional(),
  _limit: z.int().min(1).optional(),
  bucket: z.string().optional(),
  collection: z.string().optional(),
});

/** Shows the timestamps of collections in one list, like kinto-changes. */
export const changes = definePlugin({
  name: "changes",
  about: "Shows when collections were changed, in one list, and collections with their records in one response.",
  url: "https://github.com/Kinto/kinto-changes",
  config: options,
  capabilityFields: ({ resources }) => ({ collections: resources }),
  needs: ({ resources }) => ({ data: need.data({ read: resources }) }),
  setup: ({ resources: { data }, now }) => ({ data, now }),
  routes: {
    [`GET ${CHANGES_PATH}/records`]: {
      about: "Lists the timestamps of collections.",
      responses: { 200: "One entry per collection.", 304: "Nothing was changed.", 307: "`_since` is too old." },
      run: async (request, { config, services: { data, now } }) => {
        const redirect = redirectOldSince(request, config, now());
        if (redirect !== undefined) return redirect;
        const entries = await listEntries(data, config);
        const timestamp = newestOf(entries, now());
        const headers = listHeaders(request, timestamp, config);
        const response = checkPreconditions(request, timestamp, headers);
        if (response !== undefined) return response;
        const { entries: selected, next } = selectEntries(request.query, entries, Math.max(timestamp, now()));
        return jsonResponse(
          { data: selected },
          { headers: { ...headers, ...(next !== undefined && { "Next-Page": `${request.path}?${next}` }) } },
        );
      },
    },
    [`GET ${CHANGES_PATH}/changeset`]: {
      about: "Lists the timestamps of collections, in the form of a changeset.",
      input: z.object({ query: changesetQuery }),
      run: async (request, { config, services: { data, now } }) => {
        const redirect = redirectOldSince(request, config, now());
        if (redirect !== undefined) return redirect;
        const { _since, _limit, bucket, collection } = request.input.query;
        const entries = await listEntries(data, config);
        const timestamp = newestOf(entries, now());
        const query = new URLSearchParams({
          ...(_since !== undefined && { _since }),
          ...(_limit !== undefined && { _limit: String(_limit) }),
          ...(bucket !== undefined && { eq_bucket: JSON.stringify(bucket) }),
          ...(collection !== undefined && { eq_collection: JSON.stringify(collection) }),
        });
        const { entries: selected } = selectEntries(query.toString(), entries, Math.max(timestamp, now()));
        return jsonResponse(
          { metadata: {}, timestamp, changes: selected },
          { headers: cacheHeaders(request.query, config) },
        );
      },
    },
    "GET /buckets/:bucket/collections/:collection/changeset": {
      about: "Returns a collection with its records as of one timestamp.",
      permission: { on: "/buckets/:bucket/collections/:collection", permission: "read" },
      input: z.object({ query: changesetQuery }),
      run: async (request, { config }) => {
        const { params, input } = request;
        const { _since, _limit } = input.query;
        const changeset = await readChangeset(request, `/buckets/${params.bucket}/collections/${params.collection}`, {
          since: _since === undefined ? undefined : Number(_since.slice(1, -1)),
          limit: _limit,
        });
        // The response depends on the user.
        const headers = request.user === null ? cacheHeaders(request.query, config) : cacheHeaders("", {});
        return jsonResponse({ ...changeset }, { headers });
      },
    },
  },
});
