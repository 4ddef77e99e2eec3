import { defineConfig, definePlugin, need } from "@kintoun/kit";
import * as z from "zod";
import { accounts } from "../plugins/accounts/index.ts";
import { admin } from "../plugins/admin/index.ts";
import { attachments } from "../plugins/attachments/index.ts";
import { changes } from "../plugins/changes/index.ts";
import { console } from "../plugins/console/index.ts";
import { counters } from "../plugins/counters/index.ts";
import { defaultBucket } from "../plugins/default-bucket/index.ts";
import { email } from "../plugins/email/index.ts";
import { eventbridge } from "../plugins/eventbridge/index.ts";
import { expiry } from "../plugins/expiry/index.ts";
import { flush } from "../plugins/flush/index.ts";
import { history } from "../plugins/history/index.ts";
import { quotas } from "../plugins/quotas/index.ts";
import { search } from "../plugins/search/index.ts";
import { sns } from "../plugins/sns/index.ts";
import { tokens } from "../plugins/tokens/index.ts";
import { webhooks } from "../plugins/webhooks/index.ts";

const TOPIC = "arn:aws:sns:us-east-1:000000000000:kintoun";
const RECEIVED = "/buckets/rehearsal/collections/received";
const announced = { buckets: () => ["rehearsal"], collections: () => ["announced"] };
const note = z.object({ id: z.string() });

/** Publishes records of a collection, and stores what comes back from the bus and the topic, and what its schedule makes. */
const announcer = definePlugin({
  name: "announcer",
  about: "Publishes records, and stores what it receives of them.",
  needs: () => ({
    data: need.scope(need.data({ write: [RECEIVED] }), "own-worker"),
    greeting: need.scope(need.parameter("greeting", { parameter: "/rehearsal/greeting" }), "own-worker"),
  }),
  setup: ({ resources }) => resources,
  listeners: {
    announce: {
      on: ["record.create"],
      ...announced,
      run: async ({ record_id: id = "" }, { services: { greeting } }) => ({
        publish: [{ id, greeting: await greeting() }],
      }),
    },
  },
  inbound: {
    events: {
      about: "Stores what the bus delivers.",
      from: need.events({ source: ["kintoun"] }),
      schema: note,
      run: async ({ detail: { id } }, { services: { data } }) =>
        void (await data.replace(`${RECEIVED}/records/bus-${id}`, { data: {} })),
    },
    messages: {
      about: "Stores what the topic delivers.",
      from: need.messages({ from: [TOPIC] }),
      schema: note,
      run: async ({ detail: { id } }, { services: { data } }) =>
        void (await data.replace(`${RECEIVED}/records/topic-${id}`, { data: {} })),
    },
  },
  schedules: {
    tick: {
      about: "Stores that it was due.",
      cron: "0 3 * * 1-5",
      run: async (_, { services: { data } }) => void (await data.replace(`${RECEIVED}/records/tick`, { data: {} })),
    },
  },
});

/** The config of the rehearsal: all plugins that need something of AWS. */
export default defineConfig({
  deploy: { exposed: true, gradual: true },
  plugins: [
    accounts({
      createPrincipals: ["system.Everyone"],
      writePrincipals: ["account:admin"],
      scrypt: { log2n: 13, p: 1 },
    }),
    tokens(),
    defaultBucket(),
    search(),
    email({ from: "desk@kintoun.internal", recipients: ["watcher@kintoun.internal"] }),
    history(),
    attachments({ extensions: "any" }),
    webhooks({ private: true }),
    quotas(),
    counters(),
    changes({ resources: ["/buckets/rehearsal"] }),
    expiry({ rules: [{ collections: ["expiring"] }] }),
    flush(),
    eventbridge(),
    sns({ arn: TOPIC }),
    console({ administrators: ["account:alice"] }),
    admin(),
    announcer(),
  ],
});
