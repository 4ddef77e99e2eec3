import { createHmac } from "node:crypto";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { readConfig } from "../../app/config.ts";
import { jsonLog } from "../../core/log.ts";
import { basicauth } from "../../plugins/basicauth/index.ts";

const started = async (secret = "s3cret") => {
  const [plugin] = readConfig({ plugins: [basicauth()] }).plugins;
  const { identify } = (await plugin?.start({ resources: { secret: async () => secret }, log: jsonLog(() => {}) })) ?? {};
  return async (credentials: string) => identify?.(credentials);
};
const base64 = (text: string | Uint8Array) => Buffer.from(text as string).toString("base64");

describe("basic authentication", () => {
  it("makes the user id of name and password as Kinto makes it: the HMAC-SHA256 of both", async () => {
    const identify = await started();
    expect(await identify(base64("alice:secret"))).toBe(createHmac("sha256", "s3cret").update("alice:secret").digest("hex"));
    expect(await (await started(""))(base64("alice:secret"))).toBe(createHmac("sha256", "").update("alice:secret").digest("hex"));
  });

  it("gives each pair its own id, and each secret another", async () => {
    const [one, other] = [await started("one"), await started("other")];
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
    const ids = await Promise.all([...pairs.map(base64).map(one), ...pairs.map(base64).map(other)]);
    expect(new Set(ids).size).toBe(2 * pairs.length);
  });

  it("takes UTF-8, and Latin-1 where it is no UTF-8", async () => {
    const identify = await started();
    const id = (pair: string) => createHmac("sha256", "s3cret").update(pair).digest("hex");
    expect(await identify(base64("jürgen:päß"))).toBe(id("jürgen:päß"));
    expect(await identify(base64(Buffer.from("jürgen:päß", "latin1")))).toBe(id("jürgen:päß"));
    expect(await identify(base64("海:🐙"))).toBe(id("海:🐙"));
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
  ])("takes nobody's word without a name and a colon: %j", async (credentials) => {
    expect(await (await started())(credentials)).toBeNull();
  });

  it("answers any credentials with a hexadecimal id or nobody", async () => {
    const identify = await started();
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string({ unit: "binary" }), fc.uint8Array().map(base64), fc.base64String()), async (credentials) => {
        expect(String(await identify(credentials))).toMatch(/^([0-9a-f]{64}|null)$/);
      }),
      { numRuns: 500 },
    );
  });
});
