import { describe, expect, it } from "@jest/globals";
import { defineHookPoint, defineInterface, definePlugin, need } from "@kintoun/kit";
import * as z from "zod";
import { formatPlugins, reportPlugin } from "../../cli/commands/plugins/list.ts";
import { runCommand } from "./run-command.ts";

const root = new URL("../..", import.meta.url).pathname;
const counted = defineHookPoint<{ article: string }>({
  name: "inventory.counted",
  about: "After an article is counted.",
  params: { article: "Id of the article." },
  veto: true,
});
const wording = defineInterface<{ word: (text: string) => string }>("wording", { singleton: true });

/** Has a part of each kind, and needs of each. */
const inventory = definePlugin({
  name: "inventory",
  about: "Counts articles in stock.",
  config: z.strictObject({ sender: z.email() }),
  requires: ["email"],
  needs: ({ sender }) => ({
    mailer: need.mail({ via: { host: "mail.example.org", port: 587, security: "tls" }, from: sender }),
    finder: need.search({ domain: "articles" }),
    key: need.secret("supplier-key"),
    salt: need.storeSecret("userid_hmac_secret"),
    warehouse: need.variable("warehouse-name"),
    data: need.data({ read: ["/buckets/*"], "record:create": ["/buckets/a/collections/b"] }),
    flush: need.flush(),
  }),
  interfaces: [wording],
  hookPoints: [counted],
  authentication: { schemes: ["key"], challenge: "Key", identify: () => null },
  userInfo: async () => ({}),
  resources: { article: { about: "An article.", parent: "bucket" } },
  hooks: {
    before: { check: { on: ["record.create"], run: () => undefined } },
    after: { retire: { on: ["article.delete"], run: () => undefined } },
    at: { compare: { point: counted, run: () => undefined } },
  },
  listeners: {
    restock: {
      on: ["record.update", "article.create"],
      buckets: () => ["a", "b"],
      collections: () => ["c"],
      run: () => undefined,
    },
  },
  inbound: {
    deliveries: {
      about: "Counts deliveries.",
      from: need.messages({ from: ["arn:aws:sns:eu-west-1:123456789012:deliveries", "123456789012"] }),
      run: () => undefined,
    },
    returns: { about: "Counts returns.", from: need.events({ source: ["shop"] }), run: () => undefined },
    other: { about: "Counts others.", run: () => undefined },
  },
  routes: {
    "GET /inventory/total": { about: "Shows the total.", run: () => ({ status: 204, body: null }) },
    "ANY /inventory/old/*": { about: "The old paths.", rewrite: async () => ({ path: "/" }) },
  },
  renderers: { label: { types: ["image/svg+xml", "text/plain"], about: "Draws labels.", render: () => "" } },
  filters: { cache: { about: "Adds cache headers.", paths: ["/inventory/*"], response: () => undefined } },
  actions: { count: { about: "Counts it.", on: ["bucket", "article"], buckets: () => ["a"], run: () => undefined } },
  schedules: { recount: { about: "Counts all.", cron: "0 3 * * *", run: async () => undefined } },
  implementations: { polite: { interface: wording, with: () => ({ word: (text) => text }) } },
  indexes: { articles: { about: "By title.", collections: () => ["articles"], document: () => null } },
  publishers: {
    supplier: { about: "Sends orders.", from: () => ["inventory-restock"], publish: async () => undefined },
  },
  commands: { export: { about: "Prints all.", run: () => undefined } },
});

const EXPECTED = `inventory  active    Counts articles in stock.
  authentication  key: 401 responses have the challenge Key
  user info       inventory: adds user data to GET /v1/
  resource        article: An article. In each bucket.
  hook before     check: record.create
  hook after      retire: article.delete
  hook at         compare: inventory.counted
  listener        restock: record.update, article.create in the buckets a, b in the collections c
  inbound         deliveries: Counts deliveries. Messages sent to its queue, in AWS also from arn:aws:sns:eu-west-1:123456789012:deliveries, 123456789012.
  inbound         returns: Counts returns. Events that match {"source":["shop"]} on the bus default.
  inbound         other: Counts others. Messages sent to its queue.
  route           GET /inventory/total: Shows the total.
  route           ANY /inventory/old/*: The old paths. Rewrites the path.
  renderer        label: image/svg+xml, text/plain: Draws labels.
  filter          cache: Adds cache headers. On /inventory/*.
  action          count: Counts it. On bucket, article in the buckets a.
  schedule        recount: 0 3 * * *: Counts all.
  command         export: Prints all.
  index           articles: By title. Records in the collections articles.
  publisher       supplier: Sends orders. From inventory-restock.
  hook point      inventory.counted: After an article is counted. May be vetoed.
  interface       wording: for one other plugin
  implements      polite: the interface wording
  requires        email: the plugin
  needs           mailer: mail from stock@example.org via smtp mail.example.org:587
  needs           finder: search, in the OpenSearch domain articles
  needs           key: a secret of its own, supplier-key
  needs           salt: the store's secret userid_hmac_secret
  needs           warehouse: the variable KINTOUN_PLUGIN_INVENTORY_WAREHOUSE_NAME
  needs           data: objects, as plugin:inventory: read on /buckets/*; record:create on /buckets/a/collections/b
  needs           flush: to remove all objects
minimal    optional  Has nothing.
billing    off       Has wrong options.
  issue           billing.price: `;

describe("formatPlugins", () => {
  it("lists the parts and needs of plugins, their state, and issues in their options", () => {
    const minimal = definePlugin({ name: "minimal", about: "Has nothing." });
    const billing = definePlugin({
      name: "billing",
      about: "Has wrong options.",
      config: z.strictObject({ price: z.int() }),
    });
    const reports = [
      reportPlugin({ plugin: inventory({ sender: "stock@example.org" }), active: true, optional: false, local: false }),
      reportPlugin({ plugin: minimal(), active: false, optional: true, local: false }),
      reportPlugin({ plugin: billing({ price: 0.5 }), active: false, optional: false, local: false }),
    ];

    expect(formatPlugins(reports)).toContain(EXPECTED);
  });

  it("names the definition of a plugin that has another name in the config", () => {
    const plugin = definePlugin({ name: "minimal", about: "Has nothing." });
    const report = (options?: { name: string }) =>
      reportPlugin({ plugin: plugin(options), active: true, optional: false, local: false });

    expect(report({ name: "second" })).toMatchObject({ name: "second", definition: "minimal" });
    expect(report()).not.toHaveProperty("definition");
  });

  it("says that there are no plugins", () => {
    expect(formatPlugins([])).toBe("kintoun.config.ts has no plugins.");
  });
});

describe("kintoun plugins", () => {
  const plugins = (args: string) => runCommand(`node cli/main.ts plugins ${args}`, root);

  it("lists the plugins of kintoun.config.ts and whether KINTOUN_PLUGINS activates them", async () => {
    const { stdout } = await runCommand("KINTOUN_PLUGINS=basicauth,flush node cli/main.ts plugins --json", root);
    const listed = JSON.parse(stdout).map(({ name, active, optional }: Record<string, unknown>) => ({
      name,
      active,
      optional,
    }));

    expect(listed).toContainEqual({ name: "basicauth", active: true, optional: true });
    expect(listed).toContainEqual({ name: "flush", active: true, optional: true });
    expect(listed).toContainEqual({ name: "email", active: false, optional: false });
  });

  it("shows one plugin", async () => {
    const { code, stdout } = await plugins("show email");

    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^email: .*\n {2}state +active here; in AWS only if KINTOUN_PLUGINS names it\n {2}capability +email\n/,
    );
    expect(stdout).toMatch(/^ {2}needs +mail: mail from kintoun@example.org via ses$/m);
    expect(stdout).toMatch(/^ {2}needs +data: objects, as plugin:email: none with the present options$/m);
  });

  it.each([
    ["show serch", "kintoun.config.ts has no plugin 'serch'. Did you mean 'search'?"],
    [
      "email",
      "unknown command 'plugins email'. There are: list, show, new. To show a plugin, run: kintoun plugins show email",
    ],
    ["--jsn", "unknown option '--jsn'"],
  ])("kintoun plugins %s exits with 1 and a reason", async (args, why) => {
    const { code, stdout, stderr } = await plugins(args);

    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain(why);
  });
});
