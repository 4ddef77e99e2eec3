/** Checked by `npm run types`, never run: an expected error that does not occur is an error itself. */

import { definePlugin, type IndexObjects, type JsonObject, need } from "@kintoun/kit";
import * as z from "zod";

const named = { name: "x", about: "Is a test." };
const net = { about: "Networks.", of: () => "/buckets/cloud/collections/nets" };

// The functions of a type get the options and services of the plugin.
void (() => {
  void definePlugin({
    ...named,
    config: z.object({ url: z.string() }),
    needs: () => ({ http: need.http(), nets: need.index("OS::Net") }),
    setup: ({ resources }) => resources,
    indexes: {
      "OS::Net": {
        ...net,
        objects: async function* ({ config, services }) {
          const { body } = await services.http.request({ method: "GET", url: config.url });
          yield { size: body.length };
        },
        policy: ({ principals }, { config }) => principals.includes(config.url),
        access: ({ id }) => [{ term: { owner: id } }],
        version: ({ updated_at }) => Number(updated_at),
      },
    },
    routes: {
      "GET /x": {
        about: "Stores a network.",
        run: async (_, { services }) => {
          const nets: IndexObjects = services.nets;
          return { status: 200, body: String(await nets.save({ id: "n1" })) };
        },
      },
    },
  });
});

// What a type returns is checked.
void (() => {
  void definePlugin({
    ...named,
    // @ts-expect-error a version is a number
    indexes: { Net: { ...net, version: ({ updated_at }: JsonObject) => String(updated_at) } },
  });
  void definePlugin({
    ...named,
    // @ts-expect-error access returns a list of clauses
    indexes: { Net: { ...net, access: () => ({ term: { owner: "a" } }) } },
  });
  void definePlugin({
    ...named,
    // @ts-expect-error a parent has a type and a field
    indexes: { Net: { ...net, parent: { type: "Cloud" } } },
  });
});

// An index without a collection changes documents.
void (() => {
  void definePlugin({
    ...named,
    indexes: {
      titles: { about: "Titles.", collections: () => ["posts"], document: ({ title = null }) => ({ title }) },
    },
  });
});
