import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { ProtocolSettings } from "../../../kit/config.ts";
import { basicauth } from "../../../plugins/basicauth/index.ts";
import { defaultBucket } from "../../../plugins/default-bucket/index.ts";
import { flush } from "../../../plugins/flush/index.ts";
import type { RunningEngine } from "../../engines/run-engine.ts";
import { startStore, type TestStore } from "../../start-store.ts";
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

/** Tells so many requests to both, in stories; what differs unexplained, shortened, or "". */
const discordsOf = async (pair: Pair, asked: number): Promise<string> => {
  const playAfresh = async (story: Story) => {
    const played = await play(pair, story);
    await forget(pair);
    return played;
  };
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
  return [...told.values()].join("\n\n");
};

describe.each(VARIANTS)("Kinto and Kintoun $name", ({ share, settings }) => {
  let kinto: RunningEngine;
  let store: TestStore;
  let pair: Pair;

  beforeAll(async () => {
    kinto = await startKinto(toIni(settings));
    store = await startStore({
      plugins: [basicauth(), defaultBucket(), flush()],
      settings,
      overrides: { useridHmacSecret: SECRET },
    });
    pair = { kinto: kinto.endpoint, kintoun: new URL(store.url).origin };
  }, 300_000);
  afterAll(async () => {
    await kinto[Symbol.asyncDispose]();
    await store.close();
  });

  const asked = Math.ceil((requests * share) / 100);

  it(`answer the same to ${asked} requests of seed ${seed}`, async () => {
    const told = await discordsOf(pair, asked);
    // As an error: what is expected of a text is shown with its quotes escaped.
    if (told !== "") throw new Error(`They differ; KINTO_SEED=${seed} asks the same again.\n\n${told}`);
  }, 3_600_000);
});

describe("What is told", () => {
  const kintos = async (settings: ProtocolSettings, use: (pair: Pair) => Promise<void>) => {
    await using one = await startKinto(toIni({}));
    await using other = await startKinto(toIni(settings));
    await use({ kinto: one.endpoint, kintoun: other.endpoint });
  };

  it(
    "is nothing between two Kintos",
    () => kintos({}, async (pair) => expect(await discordsOf(pair, 1000)).toBe("")),
    300_000,
  );

  it(
    "is something where one of them is set otherwise",
    () =>
      kintos({ explicitPermissions: false }, async (pair) =>
        expect(await discordsOf(pair, 300)).toContain("body.permissions"),
      ),
    300_000,
  );
});
