import { invalid } from "../../core/errors.ts";
import type { Preconditions } from "../../core/objects/preconditions.ts";

/** Reads `If-Match` and `If-None-Match`. */
export const readPreconditions = (headers: Headers): Preconditions => ({
  ifMatch: readEtag(headers, "If-Match"),
  ifNoneMatch: readEtag(headers, "If-None-Match"),
});

const readEtag = (headers: Headers, name: string): number | "*" | undefined => {
  const value = headers.get(name)?.trim();
  if (value === undefined) return undefined;
  if (value === "*") return "*";
  const [, digits] = /^"(\d+)"$/.exec(value) ?? [];
  if (digits === undefined) throw invalid({ location: "header", name, description: "The value should be integer between double quotes." });
  return Number(digits);
};
