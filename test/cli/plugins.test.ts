import { describe, expect, it } from "@jest/globals";
import { defineHookPoint, defineInterface, definePlugin, need } from "@kintoun/kit";
import * as z from "zod";
import { formatPlugins, reportPlugin } from "../../cli/commands/plugins/list.ts";
import { runCommand } from "./run-command.ts";

const root = new URL("../..", import.meta.url).pathname;
const opened = defineHookPoint<{ door: string }>({
  name: "house.opened",
  about: "Once a door is open.",
  params: { door: "Which." },
  veto: true,
});
const wording = defineInterface<{ word: (text: string) => string }>("wording", { singleton: true });

/** Has a part of each kind, and needs of each. */
const house = definePlugin({
  name: "house",
  about: "Has all there is.",
  config: z.strictObject({ sender: z.email() }),
  requires: ["email"],
  needs: ({ sender }) => ({
    post: need.mail({ via: { host: "mail.example.org", port: 587, security: "tls" }, from: sender }),
    finder: need.search({ domain: "attic" }),
    key: need.secret("front-door"),
    salt: need.storeSecret("userid_hmac_secret"),
    street: need.variable("street-name"),
    data: need.data({ read: ["/buckets/*"], "record:create": ["/buckets/a/collections/b"] }),
    flush: need.flush(),
  }),
  interfaces: [wording],
  hookPoints: [opened],
  authentication: { scheme: "key", challenge: "Key", identify: () => null },
  userInfo: async () => ({}),
  resources: { room: { about: "A room.", parent: "bucket" } },
  hooks: {
    before: { knock: { on: ["record.create"], run: () => undefined } },
    after: { shut: { on: ["room.delete"], run: () => undefined } },
    at: { look: { point: opened, run: () => undefined } },
  },
  listeners: {
    hear: {
      on: ["record.update", "room.create"],
      buckets: () => ["a", "b"],
      collections: () => ["c"],
      run: () => undefined,
    },
  },
  routes: {
    "GET /house/door": { about: "Shows the door.", run: () => ({ status: 204, body: null }) },
    "ANY /house/way/*": { about: "The way in.", rewrite: async () => ({ path: "/" }) },
  },
  renderers: { plan: { types: ["image/svg+xml", "text/plain"], about: "Draws it.", render: () => "" } },
  filters: { mat: { about: "Wipes shoes.", paths: ["/house/*"], response: () => undefined } },
  actions: { paint: { about: "Paints it.", on: ["bucket", "room"], buckets: () => ["a"], run: () => undefined } },
  schedules: { sweep: { about: "Sweeps it.", cron: "0 3 * * *", run: async () => undefined } },
  implementations: { polite: { interface: wording, with: () => ({ word: (text) => text }) } },
  indexes: { rooms: { about: "By what is in them.", collections: () => ["rooms"], document: () => null } },
  publishers: { bell: { about: "Rings.", from: () => ["house-hear"], publish: async () => undefined } },
  commands: { sell: { about: "Sells it.", run: () => undefined } },
});

const EXPECTED = `house   active    Has all there is.
  authentication  key: 401 responses have the challenge Key
  user info       house: adds user data to GET /v1/
  resource        room: A room. In each bucket.
  hook before     knock: record.create
  hook after      shut: room.delete
  hook at         look: house.opened
  listener        hear: record.update, room.create in the buckets a, b in the collections c
  route           GET /house/door: Shows the door.
  route           ANY /house/way/*: The way in. Rewrites the path.
  renderer        plan: image/svg+xml, text/plain: Draws it.
  filter          mat: Wipes shoes. On /house/*.
  action          paint: Paints it. On bucket, room in the buckets a.
  schedule        sweep: 0 3 * * *: Sweeps it.
  command         sell: Sells it.
  index           rooms: By what is in them. Records in the collections rooms.
  publisher       bell: Rings. From house-hear.
  hook point      house.opened: Once a door is open. May be vetoed.
  interface       wording: for one other plugin
  implements      polite: the interface wording
  requires        email: the plugin
  needs           post: mail from house@example.org via smtp mail.example.org:587
  needs           finder: search, in the OpenSearch domain attic
  needs           key: a secret of its own, front-door
  needs           salt: the store's secret userid_hmac_secret
  needs           street: the variable KINTOUN_PLUGIN_HOUSE_STREET_NAME
  needs           data: objects, as plugin:house: read on /buckets/*; record:create on /buckets/a/collections/b
  needs           flush: to remove all objects
ruin    optional  Has nothing.
tenant  off       Has wrong options.
  issue           tenant.rent: `;

describe("formatPlugins", () => {
  it("lists the parts and needs of plugins, their state, and issues in their options", () => {
    const ruin = definePlugin({ name: "ruin", about: "Has nothing." });
    const tenant = definePlugin({
      name: "tenant",
      about: "Has wrong options.",
      config: z.strictObject({ rent: z.int() }),
    });
    const reports = [
      reportPlugin({ plugin: house({ sender: "house@example.org" }), active: true, optional: false }),
      reportPlugin({ plugin: ruin(), active: false, optional: true }),
      reportPlugin({ plugin: tenant({ rent: 0.5 }), active: false, optional: false }),
    ];

    expect(formatPlugins(reports)).toContain(EXPECTED);
  });

  it("names the definition of a plugin that has another name in the config", () => {
    const plugin = definePlugin({ name: "ruin", about: "Has nothing." });
    const report = (options?: { name: string }) =>
      reportPlugin({ plugin: plugin(options), active: true, optional: false });

    expect(report({ name: "castle" })).toMatchObject({ name: "castle", definition: "ruin" });
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

    expect(listed).toContainEqual({ name: "basicauth", active: true, optional: false });
    expect(listed).toContainEqual({ name: "flush", active: true, optional: true });
    expect(listed).toContainEqual({ name: "email", active: false, optional: false });
  });

  it("shows one plugin", async () => {
    const { code, stdout } = await plugins("show email");

    expect(code).toBe(0);
    expect(stdout).toMatch(/^email: .*\n {2}state +active\n {2}capability +email\n/);
    expect(stdout).toMatch(/^ {2}needs +mail: mail from kintoun@example.org via ses$/m);
    expect(stdout).toMatch(/^ {2}needs +data: objects, as plugin:email: none with the present options$/m);
  });

  it.each([
    ["show serch", "kintoun.config.ts has no plugin 'serch'. Did you mean 'search'?"],
    ["email", "unknown command 'plugins email'. There are: list, show, new."],
    ["--jsn", "unknown option '--jsn'"],
  ])("kintoun plugins %s exits with 1 and a reason", async (args, why) => {
    const { code, stdout, stderr } = await plugins(args);

    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain(why);
  });
});
