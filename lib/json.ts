/**
 * A JSON value. Numbers fit a double exactly and keys are unique: see `parseStrictJson`.
 * @example
 * const value: Json = { tags: ["a", "b"], draft: false };
 */
export type Json = null | boolean | number | string | Json[] | JsonObject;
/**
 * A JSON object.
 * @example
 * const object: JsonObject = { title: "Hi" };
 */
export interface JsonObject {
  [key: string]: Json;
}

/** Decodes a part of a JSON pointer (RFC 6901), in which `~1` stands for `/` and `~0` for `~`. */
export const unescapePointerPart = (part: string): string => part.replaceAll("~1", "/").replaceAll("~0", "~");

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);
