import { describe, expect, it } from "@jest/globals";
import { hash as hashByBcrypt } from "bcryptjs";
import { createSealer, newCredentials } from "../../../plugins/accounts/credentials.ts";
import { hashPassword, isKnownHash, isOutdated, verifyPassword } from "../../../plugins/accounts/hash.ts";

const COST = { log2n: 13, p: 1 };

describe("hashPassword", () => {
  it("verifies the password in any form of Unicode, and no other one", async () => {
    const hash = await hashPassword("Zu\u0308rich 2030", COST);
    expect(await verifyPassword("Z\u00fcrich 2030", hash)).toBe(true);
    expect(await verifyPassword("Zurich 2030", hash)).toBe(false);
    expect(await verifyPassword("", hash)).toBe(false);
    expect(await hashPassword("Zu\u0308rich 2030", COST)).not.toBe(hash);
  });

  it("knows hashes of another cost, and verifies nothing by a text that is none", async () => {
    const hash = await hashPassword("secret", COST);
    expect([isOutdated(hash, COST), isOutdated(hash, { ...COST, p: 2 }), isOutdated("", COST)]).toEqual([
      false,
      true,
      true,
    ]);
    for (const text of ["", "secret", "$2b$12$abc", hash.replace("r=8", "r=9"), hash.slice(0, -1)])
      expect(await verifyPassword("secret", text)).toBe(false);
  });
});

describe("verifyPassword", () => {
  it("compares with hashes of Kinto's accounts, which count as outdated", async () => {
    const known = await hashByBcrypt("secret", 4);
    expect(await verifyPassword("secret", known)).toBe(true);
    expect(await verifyPassword("Secret", known)).toBe(false);
    expect(isOutdated(known, COST)).toBe(true);
    // A cost that would take minutes is refused.
    const costly = known.replace("$04$", "$31$");
    expect([isKnownHash(known), isKnownHash(costly), await verifyPassword("secret", costly)]).toEqual([
      true,
      false,
      false,
    ]);
  });
});

describe("createSealer", () => {
  it("opens what it has sealed, for the same account only", async () => {
    const sealer = createSealer(async () => "secret of the store");
    const credentials = await newCredentials("a password", { cost: COST, now: 7 });
    const sealed = await sealer.seal("ada", credentials);
    expect(await sealer.open("ada", sealed)).toEqual(credentials);
    expect(await sealer.seal("ada", credentials)).not.toBe(sealed);
    expect(await sealer.open("eve", sealed)).toBeUndefined();
    expect(await createSealer(async () => "another secret").open("ada", sealed)).toBeUndefined();
    const bytes = Buffer.from(sealed.slice("sealed.1.".length), "base64url");
    for (const at of [0, 12, bytes.length - 1]) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(await sealer.open("ada", `sealed.1.${changed.toString("base64url")}`)).toBeUndefined();
    }
    for (const text of [undefined, 5, "", "sealed.1.", "sealed.1.AAAA", "a password"])
      expect(await sealer.open("ada", text)).toBeUndefined();
  });
});
