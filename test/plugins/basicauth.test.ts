import { createHmac } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { startTestStore, type TestStore } from "@kintoun/testing";
import { basicauth } from "../../plugins/basicauth/index.ts";
import fc from "../fast-check.ts";

const startWithSecret = (secret: string) =>
  startTestStore({ plugins: [basicauth()], overrides: { useridHmacSecret: secret } });

let store: TestStore;
beforeAll(async () => {
  store = await startWithSecret("s3cret");
});
afterAll(() => store.close());

/** The user id that a store derives from credentials; `null` for anonymous. */
const identify = async (credentials: string, from: TestStore = store): Promise<string | null> => {
  const { body } = await from.get("/", { as: null, headers: { authorization: `Basic ${credentials}` } });
  return body.user?.id ?? null;
};
const base64 = (text: string | Uint8Array) => Buffer.from(text as string).toString("base64");
const idOf = (pair: string, secret = "s3cret") =>
  `basicauth:${createHmac("sha256", secret).update(pair).digest("hex")}`;

describe("basicauth", () => {
  it("derives the user id from name and password like Kinto: their HMAC-SHA256", async () => {
    expect(await identify(base64("alice:secret"))).toBe(idOf("alice:secret"));
    await using without = await startWithSecret("");
    expect(await identify(base64("alice:secret"), without)).toBe(idOf("alice:secret", ""));
  });

  it("derives different ids for different pairs and different secrets", async () => {
    await using other = await startWithSecret("other");
    const pairs = [
      "alice:secret",
      "alice:Secret",
      "alice:secret ",
      "alice:",
      "alic:esecret",
      "alice::secret",
      "älice:secret",
      "a\u0308lice:secret",
      "alice:secret\n",
    ];
    const ids = await Promise.all([store, other].flatMap((by) => pairs.map((pair) => identify(base64(pair), by))));
    expect(new Set(ids).size).toBe(2 * pairs.length);
  });

  it("reads credentials as UTF-8, or as Latin-1 if they are not valid UTF-8", async () => {
    expect(await identify(base64("jürgen:päß"))).toBe(idOf("jürgen:päß"));
    expect(await identify(base64(Buffer.from("jürgen:päß", "latin1")))).toBe(idOf("jürgen:päß"));
    expect(await identify(base64("海:🐙"))).toBe(idOf("海:🐙"));
  });

  it.each([
    "",
    " ",
    ":",
    base64(":secret"),
    base64("alice"),
    base64(""),
    "alice:secret",
    `${base64("alice:secret")}!`,
    `${base64("alice:secret")} x`,
    "YWxp-_Y=",
    "=",
    "====",
  ])("ignores credentials without a name and a colon: %j", async (credentials) => {
    expect(await identify(credentials)).toBeNull();
  });

  it("returns a hexadecimal id or no user for any credentials", async () => {
    const printable = fc.string({ unit: fc.integer({ min: 32, max: 126 }).map((code) => String.fromCharCode(code)) });
    await fc.assert(
      fc.asyncProperty(fc.oneof(printable, fc.uint8Array().map(base64), fc.base64String()), async (credentials) => {
        expect(String(await identify(credentials))).toMatch(/^(basicauth:[0-9a-f]{64}|null)$/);
      }),
      { numRuns: 300 },
    );
  });
});
