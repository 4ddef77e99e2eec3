import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { DynamoDbError, readAll } from "../../../../adapters/store/dynamodb/operations.ts";
import { Failure } from "../../../../core/errors.ts";
import { startDynamoDb } from "../../../../local/dynamodb.ts";
import { stateContract } from "../../../contracts/state.ts";
import { createLostResponses } from "../../../faults/lost-responses.ts";
import { openTestStore } from "../../../open-test-store.ts";
import { waitUntil } from "../../../wait-until.ts";
import { beforeCall, openTable, rejectCalls, repeatCalls } from "./open-table.ts";

stateContract("dynoxide", async (now) => {
  const engine = await startDynamoDb(undefined);
  return openTestStore({ client: engine.client, now, stop: engine.stop });
});

describe("DynamoDB state with lost responses", () => {
  it("applies each successful change once", async () => {
    const { wrap, settled } = createLostResponses(0.3);
    const engine = await startDynamoDb(undefined);
    await using opened = await openTestStore({ client: engine.client, wrap, stop: engine.stop });
    const state = opened.state("p");
    let answered = 0;
    let unknown = 0;
    for (let n = 0; n < 60; n++) {
      try {
        await state.change("counted", "k", (present) => Number(present ?? 0) + 1);
        answered++;
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        unknown++;
      }
    }
    await settled();

    let counted: unknown;
    await waitUntil("the state can be read", async () => {
      counted = await state.get("counted", "k").catch(() => undefined);
      return counted !== undefined;
    });
    expect(answered).toBeGreaterThan(0);
    expect(counted).toBeGreaterThanOrEqual(answered);
    expect(counted).toBeLessThanOrEqual(answered + unknown);
  });
});

describe("DynamoDB state", () => {
  const NOW_MS = 1_700_000_000_000;
  let table: Awaited<ReturnType<typeof openTable>>;
  let state: ReturnType<typeof table.state>;
  beforeAll(async () => {
    table = await openTable(() => NOW_MS);
    state = table.state("p");
  });
  afterAll(() => table[Symbol.asyncDispose]());

  it("recognizes its own writes after a lost response", async () => {
    const add = () => state.add("l", "added", 1);
    const change = () => state.change("l", "changed", (present) => Number(present ?? 0) + 1);

    expect((await table.record(add, repeatCalls("PutItem"))).result).toBe(true);
    expect(await state.add("l", "added", 2)).toBe(false);
    expect((await table.record(change, repeatCalls("PutItem"))).result).toBe(1);
    expect(await state.get("l", "changed")).toBe(1);
  });

  it("changes what another process has put meanwhile", async () => {
    const change = () => state.change("l", "put", (present) => [present ?? null]);

    expect(
      (
        await table.record(
          change,
          beforeCall("PutItem", () => state.put("l", "put", 5)),
        )
      ).result,
    ).toEqual([5]);
    expect(
      (
        await table.record(
          change,
          beforeCall("PutItem", () => state.delete("l", "put")),
        )
      ).result,
    ).toEqual([null]);
  });

  it("rejects with the errors of the table", async () => {
    const error = new DynamoDbError("AccessDeniedException", "no");
    for (const write of [() => state.add("l", "k", 1), () => state.change("l", "k", () => 1)])
      await expect(table.record(write, rejectCalls("PutItem", error))).rejects.toBe(error);
  });

  it("expires values in whole seconds, not before their time", async () => {
    for (const [key, expires] of [
      ["a", NOW_MS + 5001],
      ["b", NOW_MS + 5000],
    ] as const)
      await state.put("e", key, 1, { expires });
    const items = await readAll(table.send, "kintoun", [keyOf("a"), keyOf("b")]);

    expect(items.map(({ sk, expires }) => `${sk?.S} ${expires?.N}`).toSorted()).toEqual([
      "a 1700000006",
      "b 1700000005",
    ]);
  });
  const keyOf = (key: string) => ({ pk: { S: "state#p#e" }, sk: { S: key } });
});
