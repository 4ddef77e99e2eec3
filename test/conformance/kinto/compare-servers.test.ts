/** @slow */

import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { ProtocolSettings } from "../../../kit/config.ts";
import { accounts } from "../../../plugins/accounts/index.ts";
import { basicauth } from "../../../plugins/basicauth/index.ts";
import { counters } from "../../../plugins/counters/index.ts";
import { defaultBucket } from "../../../plugins/default-bucket/index.ts";
import { flush } from "../../../plugins/flush/index.ts";
import { history } from "../../../plugins/history/index.ts";
import type { RunningEngine } from "../../engines/run-engine.ts";
import { startStore, type TestStore } from "../../start-store.ts";
import { FEATURES } from "./features.ts";
import { formatMismatch } from "./format-mismatch.ts";
import { generateScenario } from "./generate-scenario.ts";
import { flushBoth, runScenario, type ServerPair } from "./run-scenario.ts";
import type { Scenario } from "./scenario.ts";
import { ADMIN_USER_ID, SECRET } from "./scenario-client.ts";
import { mismatchKind, shortenScenario } from "./shorten-scenario.ts";
import { startKinto } from "./start-kinto.ts";
import { toIni, VARIANTS } from "./variants.ts";

/** KINTO_SEED repeats a run; KINTO_REQUESTS makes it longer; KINTO_FEATURES=objects,lists narrows it. */
const seed = Number(process.env.KINTO_SEED ?? Math.floor(Math.random() * 1_000_000));
const requests = Number(process.env.KINTO_REQUESTS ?? 800);
const features = process.env.KINTO_FEATURES?.split(",") ?? Object.keys(FEATURES);
const withoutAccounts = features.filter((name) => name !== "accounts");
/** Maximum number of mismatches that are shortened and reported. One cause often makes hundreds. */
const maxMismatches = Number(process.env.KINTO_MISMATCHES ?? 5);

/** Sends scenarios with this many requests to both servers. Returns the shortened mismatches as text, or "". */
const findMismatches = async (pair: ServerPair, requestCount: number): Promise<string> => {
  const runAndFlush = async (scenario: Scenario) => {
    const result = await runScenario(pair, scenario);
    await flushBoth(pair);
    return result;
  };
  const found = new Map<string, string>();
  let sent = 0;
  for (let scenarioSeed = seed; sent < requestCount && found.size < maxMismatches; scenarioSeed++) {
    const scenario = generateScenario(scenarioSeed, pair.hasAccounts ? features : withoutAccounts);
    const result = await runAndFlush(scenario);
    sent += result.sent;
    if (result.mismatch === undefined || found.has(mismatchKind(result.mismatch))) continue;
    const short = await shortenScenario(scenario, result.mismatch, runAndFlush);
    found.set(mismatchKind(result.mismatch), formatMismatch(scenarioSeed, short.scenario, short.mismatch));
  }
  return [...found.values()].join("\n\n");
};

const createAccounts = () =>
  accounts({
    createPrincipals: ["system.Everyone"],
    writePrincipals: [ADMIN_USER_ID],
    minPasswordLength: 1,
    scrypt: { log2n: 13, p: 1 },
    // A user of basic authentication is a wrong guess for the accounts.
    attempts: { perAccount: 1000, perAddress: 100_000, registrationsPerAddress: 100_000 },
  });

describe.each(VARIANTS)("Kintoun $name", ({ share, settings, hasAccounts = false }) => {
  let kinto: RunningEngine;
  let store: TestStore;
  let pair: ServerPair;

  beforeAll(async () => {
    kinto = await startKinto(toIni(settings, hasAccounts));
    store = await startStore({
      plugins: [
        ...(hasAccounts ? [createAccounts()] : []),
        ...[basicauth(), defaultBucket(), flush(), history()],
        counters(hasAccounts ? { lists: { account: "/accounts" } } : {}),
      ],
      settings,
      overrides: { useridHmacSecret: SECRET },
    });
    pair = { kinto: kinto.endpoint, kintoun: new URL(store.url).origin, hasAccounts };
  }, 300_000);
  afterAll(async () => {
    await kinto[Symbol.asyncDispose]();
    await store.close();
  });

  const requestCount = Math.ceil((requests * share) / 100);

  it(`answers ${requestCount} requests of seed ${seed} as Kinto does`, async () => {
    const mismatches = await findMismatches(pair, requestCount);
    // Thrown as an error, since `expect` would escape the quotes in the text.
    if (mismatches !== "") throw new Error(`Answers differ. KINTO_SEED=${seed} repeats this run.\n\n${mismatches}`);
  }, 3_600_000);
});

describe("the comparison", () => {
  const withTwoKintos = async (settings: ProtocolSettings, use: (pair: ServerPair) => Promise<void>) => {
    await using one = await startKinto(toIni({}));
    await using other = await startKinto(toIni(settings));
    await use({ kinto: one.endpoint, kintoun: other.endpoint, hasAccounts: false });
  };

  it(
    "finds no mismatch between two Kinto servers",
    () => withTwoKintos({}, async (pair) => expect(await findMismatches(pair, 300)).toBe("")),
    300_000,
  );

  it(
    "finds mismatches between two Kinto servers with different settings",
    () =>
      withTwoKintos({ explicitPermissions: false }, async (pair) =>
        expect(await findMismatches(pair, 300)).toContain("body.permissions"),
      ),
    300_000,
  );
});
