import { Failure, invalid } from "../errors.ts";
import type { Who } from "../permissions/who.ts";
import type { Stored } from "../ports/store.ts";
import { isId, type ListRef, LONGEST_URI, type ObjectRef } from "../resources.ts";
import type { View } from "../store/view.ts";

/** 401 for those whom logging in may help, 403 for the others. */
export const denied = ({ user }: { user: string | null }): Failure =>
  new Failure(user === null ? "MISSING_AUTH_TOKEN" : "FORBIDDEN");

export const notFound = ({ id, resource }: ObjectRef): Failure =>
  new Failure("INVALID_RESOURCE_ID", { details: { id, resource_name: resource } });

/** A record's collection must be there, and a bucket be one that there can be; told even to those who may not see it, as Kinto does for writes. */
export const requireParent = (view: View, list: ListRef): void => {
  if (list.parent?.resource !== "bucket") requireLife(view, list);
  else if (!isId(list.parent.id)) throw missing(list.parent);
};

/** What the list belongs to must be there. */
export const requireLife = (view: View, { parent }: ListRef): void => {
  if (parent !== null && view.object(parent) === undefined) throw missing(parent);
};

const missing = ({ id, resource }: ObjectRef): Failure =>
  new Failure("MISSING_RESOURCE", { details: { id, resource_name: resource } });

export const requireId = ({ id, uri }: ObjectRef): void => {
  if (!isId(id)) throw invalid({ location: "path", name: null, description: "Invalid object id" });
  if (uri.length > LONGEST_URI)
    throw invalid({
      location: "path",
      name: null,
      description: `The path is too long: ${LONGEST_URI} characters at most`,
    });
};

/** May change or delete the object; who may read its list may learn that it is missing. */
export const requireWrite = async (view: View, who: Who, ref: ObjectRef): Promise<void> => {
  requireParent(view, ref.list);
  // The list of buckets is nobody's to read, but by settings: there, who may write buckets may learn it (Kinto's `get_bound_permissions`).
  const learning = ref.list.parent === null ? "write" : "read";
  const may = view.object(ref) === undefined ? who.mayAll(learning, ref.list) : who.may("write", ref);
  if (!(await may)) throw denied(who);
};

/** The object, which must be there. */
export const required = (view: View, ref: ObjectRef): Stored => {
  requireId(ref);
  const object = view.object(ref);
  if (object === undefined) throw notFound(ref);
  return object;
};
