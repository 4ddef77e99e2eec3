import { describe, expect, it } from "@jest/globals";
import { hash as hashByBcrypt } from "bcryptjs";
import { createSealer, newCredentials } from "../../../plugins/accounts/credentials.ts";
import { hashPassword, isKnownHash, isOutdated, verifyPassword } from "../../../plugins/accounts/hash.ts";
import { unpackAccount } from "../../../plugins/accounts/transfer.ts";

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

describe("isKnownHash", () => {
  it("refuses costs of scrypt that no process can check", async () => {
    const hash = await hashPassword("secret", COST);
    const withCost = (cost: string) => hash.replace(/ln=.*p=\d+/, cost);
    for (const cost of ["ln=13,r=8,p=1", "ln=20,r=8,p=16"]) expect(isKnownHash(withCost(cost))).toBe(true);
    for (const cost of ["ln=30,r=8,p=3", "ln=21,r=8,p=1", "ln=0,r=8,p=1", "ln=13,r=8,p=0", "ln=13,r=8,p=17"]) {
      expect(isKnownHash(withCost(cost))).toBe(false);
      expect(await verifyPassword("secret", withCost(cost))).toBe(false);
    }
  });
});

describe("unpackAccount", () => {
  it("says in one line why a hash is refused", async () => {
    const extra = { hash: "$scrypt$ln=30,r=8,p=3$c2FsdA$aGFzaA", created: "now" };
    const entry = { uri: "/accounts/ada", data: {}, extra };
    await expect(unpackAccount(entry, { sealer: createSealer(async () => "secret"), now: () => 7 })).rejects.toThrow(
      /^The password of \/accounts\/ada cannot be used: hash is not a hash of scrypt.*; created .*\.$/,
    );
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
