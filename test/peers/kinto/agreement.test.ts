import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { RunningEngine } from "../../engines/run-engine.ts";
import { startStore, type TestStore } from "../../start-store.ts";
import { ALLOWED } from "./differences.ts";
import { FEATURES } from "./features.ts";
import { forget, type Pair, play } from "./play.ts";
import { kindOf, shorten } from "./shorten.ts";
import { startKinto } from "./start-kinto.ts";
import type { Story } from "./story.ts";
import { tellDiscord } from "./tell-discord.ts";
import { SECRET } from "./teller.ts";
import { toIni, VARIANTS } from "./variants.ts";
import { writeStory } from "./write-story.ts";

/** KINTO_SEED repeats a run; KINTO_REQUESTS makes it longer; KINTO_FEATURES=objects,lists narrows it. */
const seed = Number(process.env.KINTO_SEED ?? Math.floor(Math.random() * 1_000_000));
const requests = Number(process.env.KINTO_REQUESTS ?? 4000);
const features = process.env.KINTO_FEATURES?.split(",") ?? Object.keys(FEATURES);
/** Discords that are shortened and told: one cause often makes hundreds. */
const discords = Number(process.env.KINTO_DISCORDS ?? 5);

describe.each(VARIANTS)("Kinto and Kintoun $name", ({ share, settings }) => {
  let kinto: RunningEngine;
  let store: TestStore;
  let pair: Pair;

  beforeAll(async () => {
    kinto = await startKinto({ userid_hmac_secret: SECRET, ...toIni(settings) });
    store = await startStore({ settings, overrides: { useridHmacSecret: SECRET } });
    pair = { kinto: kinto.endpoint, kintoun: new URL(store.url).origin };
  }, 300_000);
  afterAll(async () => {
    await kinto[Symbol.asyncDispose]();
    await store.close();
  });

  const playAfresh = async (story: Story) => {
    const played = await play(pair, story);
    await forget(pair);
    return played;
  };
  const asked = Math.ceil((requests * share) / 100);

  it(`answer the same to ${asked} requests of seed ${seed}`, async () => {
    const told = new Map<string, string>();
    let sent = 0;
    for (let chapter = seed; sent < asked && told.size < discords; chapter++) {
      const story = writeStory(chapter, features);
      const played = await playAfresh(story);
      sent += played.sent;
      if (played.discord === undefined || told.has(kindOf(played.discord))) continue;
      const short = await shorten(story, played.discord, playAfresh);
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
