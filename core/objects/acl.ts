import type { Acl } from "../ports/store.ts";

/** The permissions after PUT: those given replace all there were; none given leave them. */
export const replacedAcl = (old: Acl, given: Acl | undefined): Acl =>
  given === undefined || Object.keys(given).length === 0 ? old : given;

/** Permissions as they are stored: emptied ones vanish, and the editor, if any, keeps `write`. */
export const settledAcl = (acl: Acl, editor: string | undefined): Acl =>
  Object.fromEntries(
    Object.entries(editor === undefined ? acl : { ...acl, write: [...(acl.write ?? []), editor] })
      .filter(([, principals]) => principals.length > 0)
      .map(([permission, principals]) => [permission, [...new Set(principals)]]),
  );
