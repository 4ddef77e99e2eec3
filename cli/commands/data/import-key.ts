import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { resolve } from "node:path";

interface KintoInput {
  readonly url: string;
  /** What is read depends on the user. */
  readonly auth: string | undefined;
  /** The path of a file, which also applies to lists that an earlier run without it has read. */
  readonly permissions: string | undefined;
}

/**
 * Identifies an import from a Kinto: only a run with the same key goes on.
 *
 * @param choice says what is imported, and to which store
 */
export const toKintoKey = ({ url, auth, permissions }: KintoInput, choice: string): string =>
  toKey([
    url,
    auth ?? null,
    permissions === undefined ? null : [resolve(permissions), ...toVersion(permissions)],
    choice,
  ]);

/** Identifies an import of a file as it is now: only a run with the same key goes on. @param choice as above */
export const toFileKey = (file: string, choice: string): string => toKey([...toVersion(file), choice]);

const toKey = (parts: readonly unknown[]): string => createHash("sha256").update(JSON.stringify(parts)).digest("hex");

const toVersion = (file: string): readonly number[] => {
  const { size, mtimeMs } = statSync(file);
  return [size, mtimeMs];
};
