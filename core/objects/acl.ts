import type { Acl } from "../store/store.ts";

/** The permissions after PUT: those given replace all there were; none given leave them. The editor always keeps `write`. */
export const replacedAcl = (old: Acl, given: Acl | undefined, editor: string): Acl =>
  withEditor(given === undefined || Object.keys(given).length === 0 ? old : given, editor);

/** The permissions after PATCH: those given replace their namesakes. The editor always keeps `write`. */
export const patchedAcl = (old: Acl, given: Acl | undefined, editor: string): Acl => withEditor({ ...old, ...given }, editor);

/** Emptied permissions vanish. */
const withEditor = (acl: Acl, editor: string): Acl =>
  Object.fromEntries(
    Object.entries({ ...acl, write: [...(acl.write ?? []), editor] })
      .filter(([, principals]) => principals.length > 0)
      .map(([permission, principals]) => [permission, [...new Set(principals)]]),
  );
