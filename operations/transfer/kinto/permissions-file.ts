import { readFileSync, type Stats, statSync } from "node:fs";
import { UserError } from "../../../config/user-error.ts";
import type { Acl } from "../../../core/ports/store.ts";
import { getOrCreate } from "../../../lib/util/get-or-create.ts";

/** The file is read into memory. */
const MAX_BYTES = 500_000_000;

/**
 * Reads permissions of Kinto's database by URI. Each line is `[object_id, permission, principal]`. Throws a {@link UserError}
 * for another file.
 */
export const readPermissionsFile = (path: string): ReadonlyMap<string, Acl> => {
  if (requireFile(path).size > MAX_BYTES)
    throw new UserError([`${path} is larger than ${MAX_BYTES} bytes. Import some buckets at a time with --bucket.`]);
  const acls = new Map<string, Map<string, string[]>>();
  for (const [index, line] of readFileSync(path, "utf8").split("\n").entries()) {
    if (line.trim() === "") continue;
    const [uri, permission, principal] = parse(line);
    if (typeof uri !== "string" || typeof permission !== "string" || typeof principal !== "string")
      throw new UserError([
        `${path}, line ${index + 1} is not a permission. Expected: ["/buckets/blog", "write", "account:alice"]`,
      ]);
    const acl = getOrCreate(acls, uri, () => new Map<string, string[]>());
    getOrCreate(acl, permission, (): string[] => []).push(principal);
  }
  return new Map([...acls].map(([uri, acl]) => [uri, Object.fromEntries(acl)]));
};

const requireFile = (path: string): Stats => {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats?.isFile()) return stats;
  throw new UserError([`There is no file ${path}. Check its name after --permissions.`]);
};

const parse = (line: string): readonly unknown[] => {
  try {
    const value: unknown = JSON.parse(line);
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
};
