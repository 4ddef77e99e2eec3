import type { ChangeAction, ChangeEvent } from "../core/events/event.ts";
import { ancestors, isCore, isId, type ObjectRef, RESOURCES } from "../core/resources.ts";
import type { JsonObject } from "../lib/json.ts";

/** What a test says of an event; the rest follows from it. */
export type ChangeEventInput<Of extends ChangeAction = ChangeAction> = Partial<
  Pick<ChangeEvent, "id" | "user_id" | "timestamp" | "parent_generation" | "own_generation" | "request_id" | "cause">
> & {
  readonly action: Of;
  /** Such as `/buckets/blog/collections/posts/records/first`. */
  readonly uri: string;
  /** Of an object whose type a plugin brings. */
  readonly resource_name?: string;
} & DataOf<Of>;

/** What stood there before and after, as far as the action has it; `id` and `last_modified` are added. */
type DataOf<Of extends ChangeAction> = Of extends "create"
  ? { readonly new?: JsonObject; readonly old?: never }
  : Of extends "update"
    ? { readonly new?: JsonObject; readonly old?: JsonObject }
    : { readonly new?: never; readonly old?: JsonObject };

const ALICE = "testuser:alice";

/** An event as listeners get it, for tests of a listener without a store. By alice, unless it is said who. */
export const createChangeEvent = <const Of extends ChangeAction>(
  sketch: ChangeEventInput<Of>,
): ChangeEvent & { readonly action: Of } => {
  const {
    action,
    uri,
    resource_name,
    user_id = ALICE,
    timestamp = Date.now(),
    parent_generation: life = "life",
    own_generation: own_life,
    request_id,
    cause,
  } = sketch;
  const { resource, id, ids, mother } = placeOf(uri, resource_name);
  const own = own_life ?? (mother ? "own-life" : undefined);
  const stood = (data: JsonObject | undefined, last_modified: number) => ({ id, last_modified, ...data });
  const purged = action === "purge";
  const event = {
    id: sketch.id ?? `${uri}@${timestamp}${purged ? ".purge" : ""}`,
    action,
    resource_name: resource,
    uri,
    ...ids,
    user_id,
    timestamp,
    life,
    ...(request_id !== undefined && { request_id }),
    ...(cause !== undefined && { cause }),
    ...(own !== undefined && { own_life: own }),
    ...((action === "create" || action === "update") && { new: stood(sketch.new, timestamp) }),
    ...(action !== "create" && { old: stood(sketch.old, purged ? timestamp : timestamp - 1) }),
  };
  // Which of them has `new` and `old` is decided by the action, as in the type.
  return event as unknown as ChangeEvent & { readonly action: Of };
};

const placeOf = (uri: string, name: string | undefined) => {
  const ref = RESOURCES.parseUri(uri);
  if (ref !== undefined)
    return { resource: ref.resourceName, id: ref.id, ids: idsOn(ref), mother: ref.list.resource.children.length > 0 };
  const [, above = "", id = ""] = /^(.*)\/[^/]+\/([^/]+)$/.exec(uri) ?? [];
  const parent = above === "" ? undefined : RESOURCES.parseUri(above);
  if (name === undefined || isCore(name) || !isId(id) || (above !== "" && parent === undefined)) {
    throw new TypeError(
      `'${uri}' is no object's URI, such as /buckets/b/collections/c/records/r. Where a plugin brings its type, give its resource_name.`,
    );
  }
  return { resource: name, id, ids: { ...(parent && idsOn(parent)), [`${name}_id`]: id }, mother: false };
};

const idsOn = (ref: ObjectRef) =>
  Object.fromEntries([ref, ...ancestors(ref)].map(({ resourceName: resource, id }) => [`${resource}_id`, id]));
