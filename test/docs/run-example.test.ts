import { describe, expect, it } from "@jest/globals";
import type { Json } from "../../lib/json.ts";
import { examplesOf } from "./http-page.ts";
import { Placeholders } from "./run-example.ts";

const request = (path: string) => `\`\`\`http\nGET ${path}\n\`\`\`\n`;
const RESPONSE = '```http\nHTTP/1.1 200 OK\nETag: "1"\n\n{}\n```\n';

describe("examplesOf", () => {
  it("reads requests with their responses, settings and setup", () => {
    const page = `# Page\n<!-- settings: {"readonly": true} -->\n<!-- setup\nPUT /v1/buckets/b\n-->\n${request("/v1/buckets")}${RESPONSE}`;

    expect(examplesOf(page)).toEqual([
      {
        line: 6,
        settings: { readonly: true },
        setup: [expect.objectContaining({ method: "PUT", path: "/buckets/b" })],
        request: { method: "GET", path: "/buckets", headers: {} },
        response: { status: 200, headers: [["ETag", '"1"']], body: "{}" },
      },
    ]);
  });

  it.each([
    ["a request without a response", request("/v1/") + request("/v1/"), "The request in line 1 has no response."],
    ["a request without a response at the end", request("/v1/"), "The request in line 1 has no response."],
    ["a response without a request", RESPONSE, "The response in line 1 has no request."],
    ["a path without a version", request("/buckets") + RESPONSE, "is not a method and a path"],
  ])("refuses %s", (_, page, message) => {
    expect(() => examplesOf(page)).toThrow(message);
  });
});

describe("Placeholders", () => {
  const matches = (placeholders: Placeholders, shown: Json, actual: Json) => {
    expect(placeholders.resolveJson(shown, actual)).toEqual(actual);
  };
  const differs = (placeholders: Placeholders, shown: Json, actual: Json) => {
    expect(placeholders.resolveJson(shown, actual)).not.toEqual(actual);
  };

  it.each<[string, Json, Json]>([
    ["a timestamp", 1796000000000, 1800000000001],
    ["a shortened text", { _token: "abc…" }, { _token: "x.y_z" }],
    ["anything", ["…"], [{ a: 1 }, 2]],
    ["the rest of an object", { a: 1, "…": "…" }, { a: 1, b: 2 }],
    ["a score", { _score: 1.5 }, { _score: 0.2 }],
  ])("lets %s stand for another value", (_, shown, actual) => {
    matches(new Placeholders(), shown, actual);
  });

  it.each<[string, Json, Json]>([
    ["another text", "a", "b"],
    ["another number", 1, 2],
    ["another type", "1", 1],
    ["a missing field", { a: 1 }, {}],
    ["one field more", { a: 1 }, { a: 1, b: 2 }],
    ["a shorter list", [1, 2], [1]],
    ["a longer list", [1], [1, 2]],
    ["text around a placeholder", "by abc… today", "by xyz"],
  ])("does not accept %s", (_, shown, actual) => {
    differs(new Placeholders(), shown, actual);
  });

  it("expects the same value wherever the same placeholder is", () => {
    const placeholders = new Placeholders();
    matches(placeholders, 1796000000000, 1800000000001);

    matches(placeholders, '"1796000000000"', '"1800000000001"');
    differs(placeholders, 1796000000000, 1800000000002);
    expect(placeholders.fill("?_since=1796000000000")).toBe("?_since=1800000000001");
  });

  it("expects different values for different placeholders", () => {
    const placeholders = new Placeholders();
    matches(placeholders, 1796000000000, 1800000000001);

    differs(placeholders, 1796000000005, 1800000000001);
  });
});
