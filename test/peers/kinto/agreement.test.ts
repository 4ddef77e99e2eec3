import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { RunningEngine } from "../../engines/run-engine.ts";
import { startStore, type TestStore } from "../../start-store.ts";
import { ALLOWED } from "./differences.ts";
import { FEATURES } from "./features.ts";
import { type Pair, play } from "./play.ts";
import { kindOf, shorten } from "./shorten.ts";
import { startKinto } from "./start-kinto.ts";
import { tellDiscord } from "./tell-discord.ts";
import { SECRET } from "./teller.ts";
import { writeStory } from "./write-story.ts";

/** Discords that are shortened and told; one change often makes hundreds. */
const TOLD = Number(process.env.KINTO_DISCORDS ?? 5);

const seed = Number(process.env.KINTO_SEED ?? Math.floor(Math.random() * 1_000_000));
const requests = Number(process.env.KINTO_REQUESTS ?? 2000);
const features = process.env.KINTO_FEATURES?.split(",") ?? Object.keys(FEATURES);

const SETTINGS = {
  userid_hmac_secret: SECRET,
  bucket_create_principals: "system.Authenticated",
  experimental_permissions_endpoint: "true",
  experimental_collection_schema_validation: "true",
  includes: "kinto.plugins.default_bucket kinto.plugins.flush",
};

describe.each([
  ["as they come", {}, {}],
  ["with pages of three", { paginate_by: "3", storage_max_fetch_size: "5" }, { paginateBy: 3, storageMaxFetchSize: 5 }],
])("Kinto and Kintoun %s", (_, ini, overrides) => {
  let kinto: RunningEngine;
  let store: TestStore;
  let pair: Pair;

  beforeAll(async () => {
    [kinto, store] = await Promise.all([startKinto({ ...SETTINGS, ...ini }), startStore({ overrides: { useridHmacSecret: SECRET, ...overrides } })]);
    pair = { kinto: kinto.endpoint, kintoun: new URL(store.url).origin };
  }, 300_000);
  afterAll(async () => {
    await kinto[Symbol.asyncDispose]();
    await store.close();
  });

  it(`answer the same to ${requests} requests of seed ${seed}`, async () => {
    const told = new Map<string, string>();
    let sent = 0;
    for (let chapter = seed; sent < requests && told.size < TOLD; chapter++) {
      const story = writeStory(chapter, features);
      const played = await play(pair, story);
      sent += played.sent;
      if (played.discord === undefined || told.has(kindOf(played.discord))) continue;
      const short = await shorten(story, played.discord, (shorter) => play(pair, shorter));
      told.set(kindOf(played.discord), tellDiscord(chapter, short.story, short.discord));
    }
    expect([...told.values()].join("\n\n")).toBe("");
  }, 3_600_000);
});

describe("What may differ", () => {
  it.each(ALLOWED.flatMap(({ row }) => (row === null ? [] : [row])))("is told in docs/compatibility.md: %s", (row) => {
    const page = readFileSync(join(import.meta.dirname, "../../../docs/compatibility.md"), "utf8");
    expect(page).toContain(`| ${row} |`);
  });
});
