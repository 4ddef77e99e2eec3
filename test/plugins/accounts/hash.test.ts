import { describe, expect, it } from "@jest/globals";
import { hashPassword, verifyPassword } from "../../../plugins/accounts/hash.ts";

const COST = { log2n: 14, p: 1 };

describe("hashPassword", () => {
  it("refuses passwords with a 503 when too many wait, and goes on with the next ones", async () => {
    const results = await Promise.allSettled(Array.from({ length: 30 }, () => hashPassword("open sesame", COST)));
    const refused = results.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));

    expect(refused).toHaveLength(8);
    for (const reason of refused) expect(reason).toMatchObject({ kind: "BACKEND", headers: { "Retry-After": "3" } });
    expect(await verifyPassword("open sesame", await hashPassword("open sesame", COST))).toBe(true);
  });
});
