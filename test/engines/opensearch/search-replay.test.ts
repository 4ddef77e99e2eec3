import { afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { type ChangeEvent, definePlugin, type JsonObject } from "@kintoun/kit";
import { startTestStore, type TestStore } from "@kintoun/testing";
import { findListener } from "../../../cli/commands/events/replay.ts";
import { readConfig } from "../../../config/config.ts";
import { encodeEvent } from "../../../core/events/event.ts";
import { createWorker } from "../../../functions/worker/app.ts";
import { dryRun, type ReplayOptions, sendReplay } from "../../../operations/replay.ts";
import { search } from "../../../plugins/search/index.ts";
import { waitUntil } from "../../wait-until.ts";
import { useOpenSearch } from "../start-opensearch.ts";

describe("replay to a search index in OpenSearch", () => {
  const C = "/buckets/b/collections/c";
  /** The index of the plugin under test. */
  let document: (record: JsonObject) => JsonObject | null;
  const changing = definePlugin({
    name: "changing",
    about: "Indexes what the test says.",
    indexes: { all: { about: "Indexes what the test says.", document: (record) => document(record) } },
  });
  let server: { readonly endpoint: string };
  let store: TestStore;
  beforeAll(async () => {
    server = await useOpenSearch();
  }, 180_000);
  beforeEach(async () => {
    document = (record) => record;
    store = await startTestStore({ plugins: [search(), changing()], openSearch: server.endpoint });
    for (const uri of ["/buckets/b", C, "/buckets/b/collections/d"]) await store.put(uri);
    await store.put(`${C}/records/one`, { data: { text: "a red sofa" } });
    await store.put(`${C}/records/two`, { data: { text: "a sofa", draft: true } });
    await store.drain();
  });
  afterEach(() => store.close());

  const replaying = (plugins = [search(), changing()]): ReplayOptions => {
    const config = readConfig({ plugins });
    const listener = findListener(config, "search-index");
    const appOptions = { ...store.cloud.options, config };
    return {
      appOptions,
      listener,
      prefix: "/",
      run: String(Math.random()),
      from: [],
      signal: new AbortController().signal,
    };
  };
  /** Replays in a dry run, then really. Returns the effects of the dry run. */
  const replay = async (options = replaying()): Promise<string[]> => {
    const effects: string[] = [];
    await dryRun(options, (run) => effects.push(...run.effects.map(({ description }) => description)));
    const { sent } = await sendReplay(options, 1000);
    expect(sent).toBe(effects.length);
    await store.drain();
    return effects.sort();
  };
  const findIds = async (text: string, collection = C) => {
    await fetch(`${server.endpoint}/_refresh`, { method: "POST" });
    const { body } = await store.post(`${collection}/search`, { query: { match: { text } } });
    return body.hits.hits.map(({ _id }: { _id: string }) => _id).sort();
  };

  it("indexes unchanged records by the changed code of an index, and hides them", async () => {
    document = ({ draft, ...record }) => (draft === true ? null : { ...record, text: `${record.text} couch` });
    expect(await replay()).toEqual([expect.stringContaining("index one"), "remove two"]);
    expect([await findIds("couch"), await findIds("sofa")]).toEqual([["one"], ["one"]]);

    document = (record) => record;
    await replay();
    expect([await findIds("couch"), await findIds("sofa")]).toEqual([[], ["one", "two"]]);
  });

  it("does not bring back older versions, or records that were deleted meanwhile", async () => {
    const options = replaying();
    const events: ChangeEvent[] = [];
    await dryRun(options, ({ event }) => events.push(event));
    await store.patch(`${C}/records/one`, { data: { text: "a blue armchair" } });
    await store.delete(`${C}/records/two`);
    await store.drain();
    const { options: appOptions } = store.cloud;
    const location = { ...appOptions.location, listener: "search-index" };
    const worker = await createWorker({ ...appOptions, location });
    for (const event of events)
      await worker.handler.handle(
        { id: event.id, body: encodeEvent(event), sentAt: Date.now(), receiveCount: 1 },
        { ...worker, closing: new AbortController().signal },
      );
    expect([await findIds("sofa"), await findIds("armchair")]).toEqual([[], ["one"]]);
  });

  it("drops the indexes of collections that the options no longer include, without sending their records", async () => {
    await store.put("/buckets/b/collections/d/records/three", { data: { text: "a sofa" } });
    await store.put("/buckets/x");
    await store.put("/buckets/x/collections/d");
    await store.put("/buckets/x/collections/d/records/four", { data: { text: "a sofa" } });
    await store.drain();
    // What cannot be searched yet is not deleted.
    await fetch(`${server.endpoint}/_refresh`, { method: "POST" });

    const effects = await replay(replaying([search({ buckets: ["b"], collections: ["d"] }), changing()]));
    expect(effects).toEqual([
      expect.stringContaining("index three"),
      expect.stringMatching(/^remove the index/),
      expect.stringMatching(/^remove the index/),
    ]);
    // OpenSearch deletes in the background.
    await waitUntil("the records are gone", async () =>
      (await Promise.all([findIds("sofa"), findIds("sofa", "/buckets/x/collections/d")])).every(
        (ids) => ids.length === 0,
      ),
    );
    expect(await findIds("sofa", "/buckets/b/collections/d")).toEqual(["three"]);
  });
});
