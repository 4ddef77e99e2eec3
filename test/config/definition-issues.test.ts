import { describe, expect, it } from "@jest/globals";
import { definePlugin } from "@kintoun/kit";
import * as z from "zod";
import { readConfig } from "../../config/config.ts";
import { UserError } from "../../config/user-error.ts";

const run = () => {};
const LISTENER = { on: ["record.create"], run };

/** A plugin as its author may have written it, whatever its types say. */
const written = (parts: object) =>
  definePlugin({ name: "notes", about: "Notes.", ...parts } as Parameters<typeof definePlugin>[0]);

/** What the operator reads. */
const readLines = (exported: unknown): readonly string[] => {
  try {
    readConfig(exported);
  } catch (error) {
    if (error instanceof UserError) return error.lines;
    throw error;
  }
  return [];
};

describe("a plugin definition", () => {
  it("accepts each part", () => {
    const parts = {
      version: "1",
      config: z.strictObject({}).optional(),
      resources: { device: { about: "A sensor." } },
      hooks: {
        before: { a: LISTENER },
        after: { b: { ...LISTENER, buckets: () => ["x-*"], collections: () => undefined } },
      },
      listeners: { a: { ...LISTENER, on: ["device.purge"], ordered: true, batch: { size: 2, run } } },
      inbound: { c: { about: "Takes.", batch: { size: 2, window: 1 }, run } },
      routes: { "GET /notes/:id": { about: "Tells.", run } },
      actions: { d: { about: "Does.", on: ["device"], run } },
    };
    expect(readLines({ plugins: [written(parts)()] })).toEqual([]);
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
    [{ inbound: { "a b": { about: "Takes.", run } } }, "inbound.a b: its queue would be named 'notes-a b'."],
    [
      { inbound: { a: { about: "Takes.", batch: { size: 2, run }, run } } },
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
    [{ hooks: { at: { a: { run } } } }, "hooks.at.a.point: is missing: it must be an object."],
    [
      { routes: { "GET /a": { abut: "Tells.", run } } },
      "routes['GET /a'].abut: is not a known field. Did you mean 'about'?",
    ],
    [
      { authentication: { scheme: "basic", identify: run } },
      "authentication.challenge: is missing: it must be a string.",
    ],
    [
      { listeners: JSON.parse('{"__proto__": {"on": []}}') },
      "listeners.__proto__.run: is missing: it must be a function.",
    ],
  ])("is rejected with %j", (parts, issue) => {
    const lines = readLines({ plugins: [written(parts)()] });
    expect(lines.filter((line) => line.startsWith(`plugins: notes.${issue}`))).toHaveLength(1);
  });

  it("is rejected with all of its issues", () => {
    expect(readLines({ plugins: [written({ abot: "x", listeners: { a: { retry: 3 } } })()] })).toEqual([
      "plugins: notes.abot: is not a known field. Did you mean 'about'?",
      expect.stringMatching(
        /^plugins: notes\.listeners\.a\.retry: is not a known field\. There are: .*retries, timeout/,
      ),
      "plugins: notes.listeners.a.on: is missing: it must be a list.",
      "plugins: notes.listeners.a.run: is missing: it must be a function.",
    ]);
  });

  it("is rejected with the plugin's name if a function of options throws", () => {
    const where = () => {
      throw new Error("No such option.");
    };
    expect(readLines({ plugins: [written({ listeners: { a: { ...LISTENER, where } } })()] })).toEqual([
      "plugins: notes: It cannot be read: Error: No such option.",
    ]);
  });

  it("accepts no options without a schema", () => {
    const make = written({}) as (options: unknown) => unknown;
    expect(readLines({ plugins: [make({ retries: 1 })] })).toEqual(["plugins: notes: It takes no options."]);
  });
});

it("standalone queues must be strings", () => {
  expect(readLines({ plugins: [], standalone: [3] })).toEqual([
    'kintoun.config.ts: standalone must be a list of queue names, for example ["search-index"].',
  ]);
});
