import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { createClient } from "./client.ts";

/** Methods without tests, by the capability which the server does not have yet. */
const WAITING: Readonly<Record<string, readonly string[]>> = {
  accounts: ["createAccount"],
};

const listMethods = (instance: object): string[] => {
  const prototype: unknown = Object.getPrototypeOf(instance);
  if (prototype === null || prototype === Object.prototype) return [];
  const names = Object.getOwnPropertyNames(prototype).filter((name) => name !== "constructor" && !name.startsWith("_"));
  return [...names, ...listMethods(prototype as object)];
};

describe("the methods of the HTTP client", () => {
  it("are all called by these tests, except for those which wait for a capability", () => {
    const client = createClient();
    const bucket = client.bucket("blog");
    const methods = new Set([client, bucket, bucket.collection("articles")].flatMap(listMethods));
    const tests = readdirSync(import.meta.dirname)
      .filter((file) => file.endsWith(".test.ts") && file !== "methods.test.ts")
      .map((file) => readFileSync(join(import.meta.dirname, file), "utf8"))
      .join("\n");

    const untested = [...methods].filter((name) => !new RegExp(`\\.${name}\\b`).test(tests));

    expect(untested.sort()).toEqual(Object.values(WAITING).flat().sort());
  });

  it("wait only for capabilities which the server does not have", async () => {
    const capabilities = await createClient().fetchServerCapabilities();

    expect(Object.keys(WAITING).filter((name) => Object.hasOwn(capabilities, name))).toEqual([]);
  });

  it("name the missing capability", async () => {
    const call = createClient().createAccount("ada", "secret");

    await expect(call).rejects.toThrow(/Required capabilities accounts not present on server/);
  });
});
