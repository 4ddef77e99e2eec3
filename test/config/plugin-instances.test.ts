import { describe, expect, it } from "@jest/globals";
import { definePlugin, need } from "@kintoun/kit";
import * as z from "zod";
import { readConfig } from "../../config/config.ts";
import { readOverrides } from "../../config/environment.ts";
import { pluginListeners } from "../../config/listeners.ts";
import { queueConfigs } from "../../config/queues.ts";
import { UserError } from "../../config/user-error.ts";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { email } from "../../plugins/email/index.ts";
import { search } from "../../plugins/search/index.ts";

const FROM = { from: "store@example.org", recipients: ["ops@example.org"] };

/** A plugin as a third party writes it, without a thought of instances. */
const notes = definePlugin({
  name: "notes",
  about: "Takes notes.",
  config: z.strictObject({ buckets: z.array(z.string()).optional() }).prefault({}),
  needs: () => ({
    key: need.secret("key"),
    color: need.variable("color"),
    token: need.parameter("token", { parameter: "/t" }),
  }),
  listeners: {
    take: {
      on: ["record.create", "record.update"],
      buckets: ({ buckets }) => buckets,
      run: () => {},
    },
  },
  actions: { write: { about: "Writes.", on: ["server"], run: () => {} } },
});
const plain = definePlugin({ name: "plain", about: "Has no options." });

const read = (...plugins: unknown[]) => readConfig({ plugins });
const readLines = (plugins: readonly unknown[], variables: Record<string, string> = {}): readonly string[] => {
  try {
    readConfig({ plugins }, readOverrides(variables));
  } catch (error) {
    if (error instanceof UserError) return error.lines;
    throw error;
  }
  return [];
};
const onlyListener = (...plugins: unknown[]) => pluginListeners(read(...plugins).plugins)[0];

describe("a plugin that the config names", () => {
  it("has queues, a capability, needs and variables of its own", () => {
    const config = read(email(FROM), email({ ...FROM, name: "audit", via: { host: "smtp.example.org" } }));

    expect(config.plugins.map(({ name, definitionName, capability }) => [name, definitionName, capability])).toEqual([
      ["email", "email", "email"],
      ["audit", "email", "audit"],
    ]);
    expect(queueConfigs(config).map(({ name }) => name)).toEqual(["store-purge", "email-notify", "audit-notify"]);
    expect(Object.values(config.plugins[1]?.needs ?? {}).map(({ plugin }) => plugin)).toEqual(Array(3).fill("audit"));
  });

  it("may be any plugin, also one without options", () => {
    expect(
      read(basicauth({ name: "legacy" }), plain({ name: "other-plain" }), search({ name: "finder" })).plugins,
    ).toMatchObject([{ name: "legacy" }, { name: "other-plain" }, { name: "finder" }]);
  });

  it("has the variables of its name", () => {
    const names = { KINTOUN_PLUGIN_MY_NOTES_COLOR: "red", KINTOUN_PLUGIN_MY_NOTES_TOKEN: "x" };

    expect(readLines([notes({ name: "my-notes" })], names)).toEqual([]);
    expect(readLines([notes({ name: "my-notes" })], { KINTOUN_PLUGIN_NOTES_COLOR: "red" })).toEqual([
      "No plugin needs the variable KINTOUN_PLUGIN_NOTES_COLOR. Did you mean 'KINTOUN_PLUGIN_MY_NOTES_COLOR'?",
    ]);
  });

  it("must not share a variable with another one", () => {
    const one = (name: string, variable: string) =>
      definePlugin({ name, about: "Reads it.", needs: () => ({ it: need.variable(variable) }) })();

    expect(readLines([one("a", "b-c"), one("a-b", "c")])).toEqual([
      "plugins: a-b: the variable KINTOUN_PLUGIN_A_B_C also belongs to the plugin 'a'. Rename one of the plugins.",
    ]);
  });

  it("must have a valid name that no other plugin has", () => {
    expect(readLines([email(FROM), email(FROM)])).toEqual([
      `plugins[1]: there is another plugin named 'email' before it. Remove one of them, or add the option name, for example name: "email-2".`,
    ]);
    expect(readLines([email({ ...FROM, name: "My mail" })])).toEqual([
      expect.stringContaining("plugins[0]: 'My mail' is not a valid plugin name."),
    ]);
    expect(readLines([notes({ name: 5 } as never)])).toEqual([
      'plugins: notes.name: must be a string, for example "audit".',
    ]);
  });

  it("cannot have routes, resources or actions that another one has", () => {
    expect(readLines([notes(), notes({ name: "more" })])).toEqual([
      "plugins: more.actions.write: the plugin 'notes' already has an action of this name on a server. Rename one.",
    ]);
  });

  it("is found by plugins that require it, under either name", () => {
    const needy = (name: string) => definePlugin({ name: "needy", about: "Needs it.", requires: [name] })();

    expect(readLines([email({ ...FROM, name: "audit" }), needy("email")])).toEqual([]);
    expect(readLines([email({ ...FROM, name: "audit" }), needy("audit")])).toEqual([]);
    expect(readLines([email({ ...FROM, name: "audit" }), needy("emails")])).toEqual([
      expect.stringContaining("plugins: needy.requires: there is no plugin 'emails'."),
    ]);
  });

  it("does not take over an option of the plugin's own schema", () => {
    const person = definePlugin({
      name: "person",
      about: "Has a name.",
      config: z.strictObject({ name: z.string() }),
    });

    expect(readLines([person({ name: "ada" })])).toEqual([
      "plugins: ada.config.name: is an option that every plugin has. Rename it in the plugin's schema.",
    ]);
  });

  it("is suggested where an option is misspelled", () => {
    expect(readLines([email({ ...FROM, nam: "audit" } as never)])).toEqual([
      "plugins: email.nam is not an option. Did you mean 'name'?",
    ]);
    expect(readLines([plain({ nam: "audit" } as never)])).toEqual(["plugins: plain: It takes no options of its own."]);
  });
});

describe("the option listeners", () => {
  it("limits a listener to events, buckets and collections", () => {
    const limits = { on: ["record.update"], buckets: ["blog", "team-*"], collections: ["posts"] } as const;

    expect(onlyListener(notes({ listeners: { take: limits } }))).toMatchObject(limits);
    expect(onlyListener(notes({ listeners: { take: {} } }))).toMatchObject({
      on: ["record.create", "record.update"],
      buckets: undefined,
    });
  });

  it("narrows what the plugin's own options select", () => {
    const limited = (own: string[], buckets: string[]) => [notes({ buckets: own, listeners: { take: { buckets } } })];

    expect(onlyListener(...limited(["team-*"], ["team-a", "team-b-*"]))?.buckets).toEqual(["team-a", "team-b-*"]);
    expect(readLines(limited(["team-*", "blog"], ["team-a", "shop"]))).toEqual([
      "plugins: notes.listeners.take.buckets: 'shop' is not within what the plugin subscribes to: team-*, blog.",
    ]);
    expect(readLines(limited(["team-a"], ["team-*"]))).toHaveLength(1);
    expect(readLines([notes({ listeners: { take: { on: ["record.delete" as "record.create"] } } })])).toEqual([
      "plugins: notes.listeners.take.on: 'record.delete' is not within what the plugin subscribes to: record.create, record.update.",
    ]);
  });

  it.each<[unknown, string]>([
    [[], "listeners: must be an object of limits by listener."],
    [{ tak: {} }, "listeners.tak: there is no such listener. Did you mean 'take'?"],
    [{ take: ["blog"] }, 'listeners.take: must be an object, for example { buckets: ["blog"] }.'],
    [{ take: { bucket: ["blog"] } }, "listeners.take.bucket: is not a limit of a listener. Did you mean 'buckets'?"],
    [
      { take: { buckets: "blog" } },
      "listeners.take.buckets: must be a list of at least one string. Remove it for no limit.",
    ],
    [
      { take: { buckets: ["blog", ""] } },
      'listeners.take.buckets: \'\' is not an id. Use letters, digits, "-" and "_"; "*" matches any characters.',
    ],
    [{ take: { on: [] } }, "listeners.take.on: must be a list of at least one string. Remove it for no limit."],
  ])("rejects %j", (listeners, issue) => {
    expect(readLines([notes({ listeners } as never)])).toEqual([`plugins: notes.${issue}`]);
  });
});

describe("the option logLevel", () => {
  it("is overridden by the plugin's variable", () => {
    const level = (variables: Record<string, string>) =>
      readConfig({ plugins: [notes({ name: "my-notes", logLevel: "WARN" })] }, readOverrides(variables)).plugins[0]
        ?.logLevel;

    expect(level({})).toBe("WARN");
    expect(level({ KINTOUN_PLUGIN_MY_NOTES_LOG_LEVEL: "debug" })).toBe("DEBUG");
  });

  it("must be a level", () => {
    expect(readLines([notes({ logLevel: "LOUD" } as never)])).toEqual([
      "plugins: notes.logLevel: must be one of DEBUG, INFO, WARN, ERROR.",
    ]);
    expect(readLines([notes()], { KINTOUN_PLUGIN_NOTES_LOG_LEVEL: "loud" })).toEqual([
      "The variable KINTOUN_PLUGIN_NOTES_LOG_LEVEL must be one of DEBUG, INFO, WARN, ERROR.",
    ]);
  });
});

describe("plugins that require each other", () => {
  const requiring = (name: string, ...requires: string[]) => definePlugin({ name, about: "Requires.", requires })();

  it.each<[string, unknown[], string[]]>([
    ["two", [requiring("a", "b"), requiring("b", "a")], ["plugins: a.requires: is circular: a, b require each other."]],
    [
      "three, beside one that only requires them",
      [requiring("start", "a"), requiring("a", "b"), requiring("b", "c"), requiring("c", "a")],
      ["plugins: a.requires: is circular: a, b, c require each other."],
    ],
    ["itself", [requiring("a", "a")], ["plugins: a.requires: is circular: a requires itself."]],
    ["a chain", [requiring("a", "b", "c"), requiring("b", "c"), requiring("c")], []],
  ])("are rejected once: %s", (_, plugins, lines) => {
    expect(readLines(plugins)).toEqual(lines);
  });
});
