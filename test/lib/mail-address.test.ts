import { describe, expect, it } from "@jest/globals";
import { domainOf, formatMailAddress, parseMailAddress } from "../../lib/mail-address.ts";
import fc, { codePoint } from "../fast-check.ts";

describe("parseMailAddress", () => {
  it.each([
    ["ada@example.org", "", "ada@example.org"],
    [" ada@example.org ", "", "ada@example.org"],
    ["postmaster@localhost", "", "postmaster@localhost"],
    ["a.b+c_d'e@sub.example-1.org", "", "a.b+c_d'e@sub.example-1.org"],
    ["Ada Lovelace <ada@example.org>", "Ada Lovelace", "ada@example.org"],
    ['"Lovelace, Ada" <ada@example.org>', "Lovelace, Ada", "ada@example.org"],
    ["<ada@example.org>", "", "ada@example.org"],
    ["Zoë 海 🐙 <zoe@example.org>", "Zoë 海 🐙", "zoe@example.org"],
    ['Dwayne "The Rock" Johnson <d@example.org>', 'Dwayne "The Rock" Johnson', "d@example.org"],
    ['"Dwayne \\"The Rock\\" Johnson" <d@example.org>', 'Dwayne "The Rock" Johnson', "d@example.org"],
    ['"Ada <b@example.org>" <a@example.org>', "Ada <b@example.org>", "a@example.org"],
    ["Bob <3 <b@example.org>", "Bob <3", "b@example.org"],
    ["back\\slash <b@example.org>", "back\\slash", "b@example.org"],
    ["علی\u200cرضا <ali@example.org>", "علی\u200cرضا", "ali@example.org"],
    ["क्\u200dष राम <ram@example.org>", "क्\u200dष राम", "ram@example.org"],
    ["Ada 👩\u200d💻 <a@example.org>", "Ada 👩\u200d💻", "a@example.org"],
    ["soft\u00adhyphen\u200b <a@example.org>", "soft\u00adhyphen\u200b", "a@example.org"],
    ["Ada\r\nBcc: b@example.org <a@example.org>", "Ada Bcc: b@example.org", "a@example.org"],
    ["Ada\u2028\u0000Lovelace <a@example.org>", "Ada Lovelace", "a@example.org"],
    ["Ada \u202egro.live@b\u2066 <a@example.org>", "Ada gro.live@b", "a@example.org"],
    ["Ada \ud800 <a@example.org>", "Ada", "a@example.org"],
    [`${"n".repeat(99)}👩\u200d💻 <a@example.org>`, "n".repeat(99), "a@example.org"],
    ["\u202e <a@example.org>", "", "a@example.org"],
  ])("parses %s", (text, name, address) => {
    expect(parseMailAddress(text)).toEqual({ name, address });
  });

  it.each([
    "",
    "no-at-sign",
    "@example.org",
    "ada@",
    "a@b@example.org",
    "a b@example.org",
    ".ada@example.org",
    "ada.@example.org",
    "a..b@example.org",
    "ada@-example.org",
    "ada@example..org",
    "ada@example.org.",
    "ada@[127.0.0.1]",
    "ada%example.com@example.org",
    "example.com!ada@example.org",
    '"a b"@example.org',
    "ada@exämple.org",
    "a@example.org, b@example.org",
    "a@example.org;b@example.org",
    "Ada <a@example.org>, b@example.org",
    "Ada <a@example.org> <b@example.org>",
    "Ada <a@example.org",
    "Ada <a@example.org>\r\nBcc: b@example.org",
    'Ada " <b@example.org>, " <a@example.org>',
    "group: a@example.org;",
    `${"a".repeat(65)}@example.org`,
    `a@${"b".repeat(64)}.org`,
    `a@${"b.".repeat(130)}org`,
    `${"n".repeat(20_000)} <a@example.org>`,
  ])("returns undefined for %j", (text) => {
    expect(parseMailAddress(text)).toBeUndefined();
  });

  it("never returns characters that end a header or begin another address", () => {
    const part = fc.oneof(
      fc.string({ unit: codePoint }),
      fc.constantFrom("@", "<", ">", ",", '"', "\r\n", "a", "example.org", "a@example.org", " "),
    );
    const text = fc.array(part, { maxLength: 8 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(text, (text) => {
        const read = parseMailAddress(text);
        if (read === undefined) return;
        expect(read.address).toMatch(/^[!-~]+$/);
        expect(read.address).not.toMatch(/[<>,;:"()\\[\]]/);
        expect(read.name).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u);
        expect(read.name.length).toBeLessThanOrEqual(100);
        expect(parseMailAddress(formatMailAddress(read))).toEqual(read);
      }),
      { numRuns: 2000 },
    );
  });

  it("returns undefined for long hostile texts", () => {
    for (const text of [
      "a.".repeat(100_000),
      `${"a".repeat(200)}@${"a-".repeat(50_000)}`,
      "<".repeat(100_000),
      `${'"\\'.repeat(9000)}<a@>`,
    ])
      expect(parseMailAddress(text)).toBeUndefined();
  });

  it("has a domain in lower case", () => {
    expect(domainOf({ name: "", address: "ada@Example.ORG" })).toBe("example.org");
  });
});
