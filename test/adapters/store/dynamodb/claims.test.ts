import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { claimKey } from "../../../../adapters/store/dynamodb/items.ts";
import { readAll } from "../../../../adapters/store/dynamodb/operations.ts";
import { TABLE } from "../../../../adapters/store/dynamodb/table.ts";
import { openTable, repeatCalls } from "./open-table.ts";

const NOW_MS = 1_700_000_000_000;
/** SQS keeps a message for 14 days, and again after it was redriven. */
const REQUIRED_SECONDS = 28 * 24 * 3600;

let now = NOW_MS;
let table: Awaited<ReturnType<typeof openTable>>;
beforeAll(async () => {
  table = await openTable(() => now);
});
afterAll(() => table[Symbol.asyncDispose]());

const lease = (owner: string) => ({ owner, until: now + 1000 });
const claim = (key: string, owner = "one") => table.store.claim(key, lease(owner));

describe("claims in the table", () => {
  it("are kept as long as a message can be delivered again, and not for much longer", async () => {
    await claim("taken");
    await claim("done");
    await table.store.settle("done", lease("one"));

    for (const key of ["taken", "done"]) {
      const [item] = await readAll(table.send, "kintoun", [claimKey(key)]);
      const seconds = Number(item?.[TABLE.expiry]?.N) - NOW_MS / 1000;
      expect(seconds).toBeGreaterThan(REQUIRED_SECONDS);
      expect(seconds).toBeLessThan(2 * REQUIRED_SECONDS);
    }
  });

  it("belong to their owner also if the response is lost", async () => {
    await claim("lost");
    await table.store.release("lost", lease("one"), { forget: false });
    const { result } = await table.record(() => claim("lost", "two"), repeatCalls("UpdateItem"));

    expect(result).toEqual({ kind: "taken", tries: 2 });
    expect(await claim("lost", "three")).toEqual({ kind: "busy", until: now + 1000 });
  });

  it("end with their lease, not before", async () => {
    await claim("k");
    now += 1000;
    expect((await claim("k", "two")).kind).toBe("busy");
    now += 1;
    expect(await claim("k", "two")).toEqual({ kind: "taken", tries: 2 });
  });

  it("can be taken at once if the other one has expired meanwhile", async () => {
    await claim("gone");
    const { result } = await table.record(
      () => claim("gone", "two"),
      ({ operation }) => (operation === "GetItem" ? Promise.resolve({}) : undefined),
    );

    expect(result).toEqual({ kind: "busy", until: 0 });
  });

  it.each([
    [true, 1],
    [false, 2],
  ])("count their tries, unless they are released to start anew: %j", async (forget, tries) => {
    await claim(`tries ${forget}`);
    await table.store.release(`tries ${forget}`, lease("two"), { forget });
    expect((await claim(`tries ${forget}`, "three")).kind).toBe("busy");
    await table.store.release(`tries ${forget}`, lease("one"), { forget });

    expect(await claim(`tries ${forget}`, "two")).toEqual({ kind: "taken", tries });
  });

  it("are released only by their owner, and stay when they are settled", async () => {
    await claim("settled");
    await table.store.settle("settled", lease("one"));
    await table.store.release("settled", lease("one"), { forget: false });
    now += 2000;

    expect(await claim("settled", "two")).toEqual({ kind: "done" });
    await table.store.release("never claimed", lease("one"), { forget: false });
    expect(await claim("never claimed")).toEqual({ kind: "taken", tries: 1 });
  });
});
