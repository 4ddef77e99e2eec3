import { describe, expect, it } from "@jest/globals";
import {
  compressBody,
  decodeBody,
  encodeBody,
  MAX_MESSAGE_BYTES,
  measureAttributes,
  measureMessage,
} from "../../../core/events/message-body.ts";

describe("encodeBody", () => {
  it("writes JSON, and escapes what queues refuse", () => {
    expect(encodeBody({ a: "é\uffff🌥" })).toBe('{"a":"é\\uffff\\ud83c\\udf25"}');
  });

  it.each([0, 1])("compresses what is larger than a message by %j bytes", (extra) => {
    const value = "x".repeat(MAX_MESSAGE_BYTES - 2 + extra);
    const body = encodeBody(value);

    expect(body.startsWith("gzip:")).toBe(extra > 0);
    expect(decodeBody(body)).toBe(value);
  });
});

describe("compressBody", () => {
  it("compresses a body once", () => {
    const compressed = compressBody('{"a":1}');

    expect(compressed).toMatch(/^gzip:[\w+/=]+$/);
    expect(compressBody(compressed)).toBe(compressed);
    expect(decodeBody(compressed)).toEqual({ a: 1 });
  });
});

describe("decodeBody", () => {
  it.each(["", "{", "gzip:", "gzip:e30="])("rejects %j", (body) => {
    expect(() => decodeBody(body)).toThrow();
  });
});

describe("the size of a message", () => {
  it("counts body, names, types and values in bytes", () => {
    expect(measureAttributes({})).toBe(0);
    expect(measureAttributes({ é: "ab", c: "" })).toBe(2 + 6 + 2 + 1 + 6);
    expect(measureMessage({ body: "é" })).toBe(2);
    expect(measureMessage({ body: "ab", attributes: { c: "d" } })).toBe(2 + 1 + 6 + 1);
  });
});
