import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DynamoDBClient, ScanCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { definePlugin, need } from "@kintoun/kit";
import { findListener } from "../../cli/commands/events/replay.ts";
import { listQueues } from "../../cli/commands/queues/list.ts";
import { connect } from "../../cli/connect.ts";
import { readConfig } from "../../config/config.ts";
import { createJsonLog } from "../../core/ports/log.ts";
import { type EmbeddedCloud, startCloud } from "../../local/cloud.ts";
import { dryRun } from "../../operations/replay.ts";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { createClient, createRequester } from "../../testing/client.ts";

const folder = mkdtempSync(join(tmpdir(), "kintoun-dry-"));
const file = join(folder, "published.ndjson");
const ARN = "arn:aws:sns:eu-central-1:123456789012:news";
const done: string[] = [];

/** Has every need and uses it in each way that has a side effect. */
const everything = definePlugin({
  name: "everything",
  about: "Does all that can be done.",
  needs: () => ({
    bus: need.bus({ name: "default" }),
    data: need.data({ write: ["/buckets/blog"], "bucket:create": ["/"] }),
    file: need.file({ path: file }),
    flush: need.flush(),
    given: need.parameter("token", { parameter: "/token" }),
    http: need.http({ private: true }),
    mail: need.mail({ via: "ses", from: "desk@example.org" }),
    search: need.search({ domain: "finder" }),
    secret: need.secret("key"),
    state: need.state(),
    storeSecret: need.storeSecret("userid_hmac_secret"),
    topic: need.topic({ arn: ARN }),
    variable: need.variable("mode"),
  }),
  setup: ({ resources }) => resources,
  listeners: {
    all: {
      on: ["bucket.create"],
      run: async ({ uri }, { services: to }) => {
        await to.bus.put([{ source: "test", type: "noticed", detail: { uri } }]);
        await to.data.create("/buckets", { data: { id: "made" } });
        await to.data.update(uri, { data: { seen: true } });
        await to.data.delete(uri);
        await to.file.append("a line\n");
        await to.flush(() => false);
        await to.http.request({
          method: "POST",
          url: `http://127.0.0.1:1/${(await to.secret()).length}/${(await to.storeSecret()).length}`,
        });
        await to.mail.send({
          from: "desk@example.org",
          to: ["ada@example.org"],
          subject: `${await to.given()} ${to.variable}`,
          text: "",
        });
        await to.search.write([
          {
            list: "/buckets/blog/collections/posts/records",
            index: "i",
            id: "one",
            version: 1,
            document: { id: "one" },
          },
        ]);
        await to.search.drop("i");
        await to.state.put("list", "put", 1);
        await to.state.add("list", "added", 1);
        await to.state.change("list", "changed", () => 1);
        await to.state.delete("list", "deleted");
        await to.topic.publish([{ body: "news", group: "g", id: "1" }]);
        return { publish: [{ item: uri }] };
      },
    },
  },
  publishers: {
    prints: {
      about: "Tells the bus of items.",
      publish: async (items, { services: { bus } }) =>
        bus.put(items.map((detail) => ({ source: "test", type: "item", detail: { detail } }))),
    },
  },
  inbound: {
    noticed: {
      about: "Receives events.",
      from: need.events({ source: ["test"] }),
      run: ({ type }) => void done.push(String(type)),
    },
  },
  hooks: {
    after: { noted: { on: ["bucket.create"], run: ({ uri }, { services: { state } }) => state.put("hooked", uri, 1) } },
  },
});
const config = readConfig({ plugins: [basicauth(), everything()], standalone: ["everything-all"] }, {
  pluginVariables: new Map([
    ["KINTOUN_PLUGIN_EVERYTHING_TOKEN", "t0ken"],
    ["KINTOUN_PLUGIN_EVERYTHING_MODE", "loud"],
  ]),
} as never);
const target = { kind: "data", folder } as const;
const log = createJsonLog(() => undefined);
let cloud: EmbeddedCloud;

beforeAll(async () => {
  cloud = await startCloud({ config, port: 0, data: folder, log, retryAfter: () => 1 });
  const { request: ask } = createClient(createRequester(cloud.url));
  await ask("/buckets/blog", { method: "PUT", as: "alice", body: { permissions: { write: ["plugin:everything"] } } });
  await cloud.drain();
  done.splice(0);
}, 30_000);
afterAll(async () => {
  await cloud.close();
  rmSync(folder, { recursive: true, force: true });
});

/** All items of the table and the message counts of all queues. */
const readStore = async () => {
  const client = new DynamoDBClient(cloud.options.cloud?.dynamodb ?? {});
  const { Items } = await client.send(
    new ScanCommand({ TableName: cloud.options.location.table, ConsistentRead: true }),
  );
  client.destroy();
  const queues: { readonly oldest: number }[] = JSON.parse(await listQueues({ config, target, json: true }));
  return { items: Items, queues: queues.map(({ oldest: _, ...counts }) => counts) };
};

describe("dryRun", () => {
  it("lists the side effects of every need and changes nothing, not even a secret that is created on first use", async () => {
    const before = await readStore();
    const connected = await connect({ config, target, queues: ["everything-all"], log });
    const effects: string[] = [];
    const signal = new AbortController().signal;
    await dryRun(
      {
        appOptions: connected.appOptions,
        listener: findListener(config, "everything-all"),
        prefix: "/",
        run: "r",
        from: [],
        signal,
      },
      (run) => {
        effects.push(
          ...run.effects.map(({ kind, description }) => `${kind}: ${description}`),
          ...(run.error === undefined ? [] : [`failed: ${run.error}`]),
        );
      },
    );
    await connected.close();

    expect(effects.map((effect) => effect.replace(/"last_modified":\d+/, "…"))).toEqual([
      'bus: noticed from test {"uri":"/buckets/blog"}',
      'data: create /buckets/made {"id":"made",…}',
      "state: store hooked /buckets/made 1",
      'data: update /buckets/blog {"id":"blog","seen":true,…}',
      "data: delete /buckets/blog",
      `file: ${file} a line`,
      "flush: delete everything",
      "http: POST http://127.0.0.1:1/64/64",
      "mail: to ada@example.org: t0ken loud",
      'search: index one {"id":"one"}',
      "search: remove the index i",
      "state: store list put 1",
      "state: store list added 1",
      "state: store list changed 1",
      "state: delete list deleted",
      `topic: ${ARN} news`,
      'bus: item from test {"detail":{"item":"/buckets/blog"}}',
    ]);
    expect(await readStore()).toEqual(before);
    expect([done, cloud.mails, existsSync(file)]).toEqual([[], [], false]);
  }, 30_000);
});
