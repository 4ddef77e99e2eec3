import { describe, expect, it } from "@jest/globals";
import { definePlugin, storeHookPoints } from "@kintoun/kit";
import * as z from "zod";
import { readConfig } from "../../config/config.ts";
import { UserError } from "../../config/user-error.ts";

const run = () => {};
const LISTENER = { on: ["record.create"], run };

/** Defines a plugin from parts that its types may reject. */
const defineUntyped = (parts: object) =>
  definePlugin({ name: "notes", about: "Notes.", ...parts } as Parameters<typeof definePlugin>[0]);

/** The lines of the error that `readConfig` throws; none if it accepts the config. */
const readLines = (exported: unknown): readonly string[] => {
  try {
    readConfig(exported);
  } catch (error) {
    if (error instanceof UserError) return error.lines;
    throw error;
  }
  return [];
};

describe("readConfig with a plugin definition", () => {
  it("accepts every part of a plugin", () => {
    const parts = {
      version: "1",
      config: z.strictObject({}).optional(),
      resources: { device: { about: "A sensor." } },
      hooks: {
        before: { a: LISTENER },
        after: { b: { ...LISTENER, buckets: () => ["x-*"], collections: () => undefined } },
      },
      listeners: { a: { ...LISTENER, on: ["device.purge"], ordered: true, batch: { size: 2, run } } },
      inbound: { c: { about: "Receives messages.", batch: { size: 2, window: 1 }, run } },
      routes: { "GET /notes/:id": { about: "Returns a note.", run } },
      actions: { d: { about: "Starts a job.", on: ["device"], run } },
    };
    expect(readLines({ plugins: [defineUntyped(parts)()] })).toEqual([]);
  });

  it.each<[object, string]>([
    [{ listners: {} }, "listners: is not a known field. Did you mean 'listeners'?"],
    [{ about: undefined }, "about: is missing: it must be a string."],
    [{ version: 1 }, "version: must be a string, not 1."],
    [{ config: z.object }, "config: must be a Standard Schema, such as one of zod, not a function."],
    [{ needs: { state: {} } }, "needs: must be a function of the options that returns it, not an object."],
    [{ listeners: [LISTENER] }, "listeners: must be an object, not a list."],
    [{ listeners: { a: run } }, "listeners.a: must be an object, not a function."],
    [{ listeners: { a: null } }, "listeners.a: must be an object, not null."],
    [
      { listeners: { a: { ...LISTENER, bucket: () => ["b"] } } },
      "listeners.a.bucket: is not a known field. Did you mean 'buckets'?",
    ],
    [
      { listeners: { a: { ...LISTENER, batch: { size: 5, windw: 5 } } } },
      "listeners.a.batch.windw: is not a known field. Did you mean 'window'?",
    ],
    [
      { listeners: { a: { ...LISTENER, batch: { window: 5 } } } },
      "listeners.a.batch.size: is missing: it must be set.",
    ],
    [{ listeners: { a: { ...LISTENER, batch: 10 } } }, "listeners.a.batch: must be an object, not 10."],
    [{ listeners: { a: { ...LISTENER, ordered: "yes" } } }, "listeners.a.ordered: must be true or false, not 'yes'."],
    [{ listeners: { a: { on: ["record.create"] } } }, "listeners.a.run: is missing: it must be a function."],
    [
      { listeners: { a: { ...LISTENER, buckets: ["b"] } } },
      "listeners.a.buckets: must be a function of the options that returns it, not a list.",
    ],
    [
      { listeners: { a: { ...LISTENER, buckets: () => "b" } } },
      'listeners.a.buckets: must return a list of ids: () => ["blog", "team-*"].',
    ],
    [
      { listeners: { a: { ...LISTENER, buckets: () => ["blog", ""] } } },
      'listeners.a.buckets: must return a list of ids: () => ["blog", "team-*"].',
    ],
    [
      { listeners: { a: { ...LISTENER, where: { action: ["create"] } } } },
      "listeners.a.where: must be a function of the options that returns it, not an object.",
    ],
    [
      { listeners: { a: { ...LISTENER, on: "record.create" } } },
      "listeners.a.on: must be a list, not 'record.create'.",
    ],
    [{ listeners: { a: { ...LISTENER, on: [] } } }, "listeners.a.on: is empty. Add at least one event"],
    [
      { listeners: { a: { ...LISTENER, on: ["record.created"] } } },
      "listeners.a.on: there is no event 'record.created'. Did you mean 'record.create'?",
    ],
    [
      { listeners: { a: { ...LISTENER, on: ["record.*"] } } },
      "listeners.a.on: there is no event 'record.*'. There are: bucket.create,",
    ],
    [{ listeners: { Upper: LISTENER } }, "listeners.Upper: its queue would be named 'notes-Upper'."],
    [
      { inbound: { "a b": { about: "Receives messages.", run } } },
      "inbound.a b: its queue would be named 'notes-a b'.",
    ],
    [
      { inbound: { a: { about: "Receives messages.", batch: { size: 2, run }, run } } },
      "inbound.a.batch.run: is not a known field.",
    ],
    [{ hooks: { befor: { a: LISTENER } } }, "hooks.befor: is not a known field. Did you mean 'before'?"],
    [
      { hooks: { before: { a: { ...LISTENER, on: ["recrod.create"] } } } },
      "hooks.before.a.on: there is no event 'recrod.create'. Did you mean 'record.create'?",
    ],
    [
      { hooks: { after: { a: { ...LISTENER, on: ["record.purge"] } } } },
      "hooks.after.a.on: 'record.purge' is sent to listeners only.",
    ],
    [
      { hooks: { before: { a: { ...LISTENER, on: ["record.read"] } } } },
      "hooks.before.a.on: 'record.read' is for hooks.read only.",
    ],
    [
      { hooks: { read: { a: { ...LISTENER, on: ["recrod.read"] } } } },
      "hooks.read.a.on: 'recrod.read' is not a read. Did you mean 'record.read'?",
    ],
    [
      { hooks: { read: { a: { ...LISTENER, on: ["record.create"] } } } },
      "hooks.read.a.on: 'record.create' is not a read. Did you mean 'record.read'?",
    ],
    [
      { hooks: { read: { a: { ...LISTENER, on: [] } } } },
      'hooks.read.a.on: is empty. Add at least one read, for example "record.read".',
    ],
    [
      { hooks: { read: { a: { on: ["record.read"], bucket: () => ["b"], run } } } },
      "hooks.read.a.bucket: is not a known field. Did you mean 'buckets'?",
    ],
    [
      { hooks: { read: { a: { on: ["record.read"], collections: () => "c", run } } } },
      'hooks.read.a.collections: must return a list of ids: () => ["blog", "team-*"].',
    ],
    [
      { hooks: { read: { a: { on: ["record.read"], timeout: 26, run } } } },
      "hooks.read.a.timeout: must be a number of seconds above 0 and at most 25, not 26.",
    ],
    [{ hooks: { at: { a: { run } } } }, "hooks.at.a.point: is missing: it must be an object."],
    [
      { hooks: { at: { a: { run, point: { name: "batch.pre" } } } } },
      "hooks.at.a.point.params: is missing: it must be an object.",
    ],
    [
      { hooks: { at: { a: { run, point: storeHookPoints["purge.pre"], collection: () => ["c"] } } } },
      "hooks.at.a.collection: is not a known field. Did you mean 'collections'?",
    ],
    [
      { hooks: { at: { a: { run, point: storeHookPoints["purge.pre"], buckets: () => "b" } } } },
      'hooks.at.a.buckets: must return a list of ids: () => ["blog", "team-*"].',
    ],
    [
      { hooks: { at: { a: { run, point: storeHookPoints["batch.pre"], buckets: () => ["b"] } } } },
      "hooks.at.a.buckets: does not apply to the point 'batch.pre', which concerns no single object. Remove it.",
    ],
    [
      { routes: { "GET /a": { abut: "Returns a note.", run } } },
      "routes['GET /a'].abut: is not a known field. Did you mean 'about'?",
    ],
    [
      { authentication: { schemes: ["basic"], identify: run } },
      "authentication.challenge: is missing: it must be set.",
    ],
    [
      { listeners: JSON.parse('{"__proto__": {"on": []}}') },
      "listeners.__proto__.run: is missing: it must be a function.",
    ],
  ])("rejects %j", (parts, issue) => {
    const lines = readLines({ plugins: [defineUntyped(parts)()] });
    expect(lines.filter((line) => line.startsWith(`plugins: notes.${issue}`))).toHaveLength(1);
  });

  it("reports all issues of a plugin", () => {
    expect(readLines({ plugins: [defineUntyped({ abot: "x", listeners: { a: { retry: 3 } } })()] })).toEqual([
      "plugins: notes.abot: is not a known field. Did you mean 'about'?",
      expect.stringMatching(
        /^plugins: notes\.listeners\.a\.retry: is not a known field\. There are: .*retries, timeout/,
      ),
      "plugins: notes.listeners.a.on: is missing: it must be a list.",
      "plugins: notes.listeners.a.run: is missing: it must be a function.",
    ]);
  });

  it("reports the plugin's name if a function of its options throws", () => {
    const where = () => {
      throw new Error("No such option.");
    };
    expect(readLines({ plugins: [defineUntyped({ listeners: { a: { ...LISTENER, where } } })()] })).toEqual([
      "plugins: notes: It cannot be read: Error: No such option.",
    ]);
  });

  it("rejects options of a plugin without a schema", () => {
    const create = defineUntyped({}) as (options: unknown) => unknown;
    expect(readLines({ plugins: [create({ retries: 1 })] })).toEqual([
      "plugins: notes: It takes no options of its own.",
    ]);
  });
});

it("readConfig rejects another localMail", () => {
  expect(readLines({ plugins: [], localMail: "ses" })).toEqual([
    'kintoun.config.ts: localMail must be "catch" or "smtp".',
  ]);
});

describe("readConfig with standalone queues", () => {
  it("rejects a queue name that is not a string", () => {
    expect(readLines({ plugins: [], standalone: [3] })).toEqual([
      'kintoun.config.ts: standalone must be a list of queue names, for example ["search-index"].',
    ]);
  });
});
