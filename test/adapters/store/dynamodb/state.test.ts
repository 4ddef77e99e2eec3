import { describe, expect, it } from "@jest/globals";
import { Failure } from "../../../../core/errors.ts";
import { startDynamoDb } from "../../../../local/dynamodb.ts";
import { stateContract } from "../../../contracts/state.ts";
import { createLostResponses } from "../../../faults/lost-responses.ts";
import { openTestStore } from "../../../open-test-store.ts";
import { waitUntil } from "../../../wait-until.ts";

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
