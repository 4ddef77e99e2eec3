import { invalid } from "../../core/errors.ts";
import type { Preconditions } from "../../core/objects/preconditions.ts";
import type { HttpRequest } from "../http/request.ts";

/** Reads `If-Match` and `If-None-Match`. */
export const readPreconditions = ({ headers }: HttpRequest): Preconditions => ({
  // Only strong entity tags can match `If-Match` (RFC 9110, section 13.1.1).
  ifMatch: readTags("If-Match", headers["if-match"], (tags) => tags.filter(({ isWeak }) => !isWeak)),
  // Caches weaken the tags of responses that they compress. `If-None-Match` ignores that (section 13.1.2).
  ifNoneMatch: readTags("If-None-Match", headers["if-none-match"], (tags) => tags),
});

/** Whether the request can only create the object (`If-None-Match: *`). */
export const isCreateOnly = ({ headers }: HttpRequest): boolean => headers["if-none-match"]?.trim() === "*";

interface EntityTag {
  /** In ms. */
  readonly timestamp: number;
  readonly isWeak: boolean;
}

/** Reads the timestamps of the entity tags that `select` keeps. Throws a 400 unless all are timestamps, as in Kinto. */
const readTags = (
  name: string,
  header: string | undefined,
  select: (tags: readonly EntityTag[]) => readonly EntityTag[],
): readonly number[] | "*" | undefined => {
  const value = header?.trim();
  if (value === undefined || value === "*") return value;
  const parts = value.split(",").flatMap((part) => part.trim() || []);
  const tags = parts.flatMap(parseTag);
  if (tags.length === 0 || tags.length < parts.length)
    throw invalid({ location: "header", name, description: "The value should be integer between double quotes." });
  return select(tags).map(({ timestamp }) => timestamp);
};

const parseTag = (part: string): readonly EntityTag[] => {
  const [, weak, digits] = /^(W\/)?"(\d+)"$/.exec(part) ?? [];
  return digits === undefined ? [] : [{ timestamp: Number(digits), isWeak: weak !== undefined }];
};
