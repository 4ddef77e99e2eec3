import { invalid } from "../../core/errors.ts";
import type { Preconditions } from "../../core/objects/preconditions.ts";
import type { HttpRequest } from "../http/request.ts";

/** Reads `If-Match` and `If-None-Match`. */
export const readPreconditions = ({ headers }: HttpRequest): Preconditions => ({
  ifMatch: readEtag(headers["if-match"], "If-Match"),
  ifNoneMatch: readEtag(headers["if-none-match"], "If-None-Match"),
});

const readEtag = (header: string | undefined, name: string): number | "*" | undefined => {
  const value = header?.trim();
  if (value === undefined) return undefined;
  if (value === "*") return "*";
  const [, digits] = /^"(\d+)"$/.exec(value) ?? [];
  if (digits === undefined)
    throw invalid({ location: "header", name, description: "The value should be integer between double quotes." });
  return Number(digits);
};
