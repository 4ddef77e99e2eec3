import { expect, it } from "@jest/globals";
import { createJsonLog } from "../../core/ports/log.ts";
import { createActivityRing } from "../../local/activity-ring.ts";

it("keeps the latest entries, and lets other lines pass", async () => {
  const lines: string[] = [];
  const ring = createActivityRing();
  const log = ring.capture(createJsonLog((line) => lines.push(line))).with({ listener: "shop-ship" });
  for (let number = 0; number < 50_000; number++)
    log.info("attempt", { activity: "attempt", event_id: `e${number}`, attempt: 1, ms: 1, outcome: "delivered" });
  log.info("Something else", { activity: "attempt" });
  log.debug("Too detailed");
  log.with({}, "DEBUG").debug("Wanted");

  const range = { since: 0, until: Date.now(), limit: 100_000 };
  const { entries, isComplete } = await ring.monitor({}).read("attempt", range);
  expect(entries.length).toBeGreaterThanOrEqual(20_000);
  expect(entries.length).toBeLessThan(22_001);
  expect(entries[0]).toMatchObject({ event_id: "e49999", listener: "shop-ship", time: expect.any(Number) });
  expect(isComplete).toBe(true);
  expect((await ring.monitor({}).read("attempt", { ...range, limit: 1 })).isComplete).toBe(false);
  expect((await ring.monitor({}).read("attempt", { ...range, until: 0 })).entries).toEqual([]);
  expect(lines.map((line) => JSON.parse(line).message)).toEqual(["Something else", "Wanted"]);
});
