import { readFileSync, statSync } from "node:fs";
import { UserError } from "../../../config/user-error.ts";
import type { Acl } from "../../../core/ports/store.ts";

/** The file is read into memory. */
const MAX_BYTES = 500_000_000;

/**
 * Reads permissions of Kinto's database by URI. Each line is `[object_id, permission, principal]`. Throws a {@link UserError}
 * for another file.
 */
export const readPermissionsFile = (path: string): ReadonlyMap<string, Acl> => {
  if (statSync(path).size > MAX_BYTES)
    throw new UserError([`${path} is larger than ${MAX_BYTES} bytes. Import some buckets at a time with --bucket.`]);
  const acls = new Map<string, Record<string, string[]>>();
  for (const [index, line] of readFileSync(path, "utf8").split("\n").entries()) {
    if (line.trim() === "") continue;
    const [uri, permission, principal] = parse(line);
    if (typeof uri !== "string" || typeof permission !== "string" || typeof principal !== "string")
      throw new UserError([
        `${path}, line ${index + 1} is not a permission. Expected: ["/buckets/blog", "write", "account:alice"]`,
      ]);
    const acl = acls.get(uri) ?? {};
    acl[permission] = [...(acl[permission] ?? []), principal];
    acls.set(uri, acl);
  }
  return acls;
};

const parse = (line: string): readonly unknown[] => {
  try {
    const value: unknown = JSON.parse(line);
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
};
