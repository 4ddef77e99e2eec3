import type { ChangeAction, ChangeEvent } from "../core/events/event.ts";
import { ancestors, isCore, isId, type ObjectRef, RESOURCES } from "../core/resources.ts";
import type { JsonObject } from "../lib/json.ts";

/**
 * The fields that a test sets of an event; the others are derived.
 * @example
 * const input: ChangeEventInput<"create"> = { action: "create", uri: "/buckets/blog", new: { title: "Blog" } };
 */
export type ChangeEventInput<Of extends ChangeAction = ChangeAction> = Partial<
  Pick<ChangeEvent, "id" | "user_id" | "timestamp" | "parent_generation" | "own_generation" | "request_id" | "cause">
> & {
  readonly action: Of;
  /** Such as `/buckets/blog/collections/posts/records/first`. */
  readonly uri: string;
  /** The resource of a plugin. */
  readonly resource_name?: string;
} & DataOf<Of>;

/** The data before and after, as the action has it; `id` and `last_modified` are added. */
type DataOf<Of extends ChangeAction> = Of extends "create"
  ? { readonly new?: JsonObject; readonly old?: never }
  : Of extends "update"
    ? { readonly new?: JsonObject; readonly old?: JsonObject }
    : { readonly new?: never; readonly old?: JsonObject };

const ALICE = "testuser:alice";

/**
 * Creates an event, for tests of a listener without a store. The user is `testuser:alice` when absent.
 * @example
 * const event = createChangeEvent({
 *   action: "create",
 *   uri: "/buckets/blog/collections/posts/records/a",
 *   new: { title: "Hi" },
 * });
 */
export const createChangeEvent = <const Of extends ChangeAction>(
  input: ChangeEventInput<Of>,
): ChangeEvent & { readonly action: Of } => {
  const {
    action,
    uri,
    resource_name,
    user_id = ALICE,
    timestamp = Date.now(),
    parent_generation = "generation",
    own_generation,
    request_id,
    cause,
  } = input;
  const { resource, id, ids, hasChildren } = parsePlace(uri, resource_name);
  const ownGeneration = own_generation ?? (hasChildren ? "own-generation" : undefined);
  const toData = (data: JsonObject | undefined, last_modified: number) => ({ id, last_modified, ...data });
  const isPurge = action === "purge";
  const event = {
    id: input.id ?? `${uri}@${timestamp}${isPurge ? ".purge" : ""}`,
    action,
    resource_name: resource,
    uri,
    ...ids,
    user_id,
    timestamp,
    parent_generation,
    ...(request_id !== undefined && { request_id }),
    ...(cause !== undefined && { cause }),
    ...(ownGeneration !== undefined && { own_generation: ownGeneration }),
    ...((action === "create" || action === "update") && { new: toData(input.new, timestamp) }),
    ...(action !== "create" && { old: toData(input.old, isPurge ? timestamp : timestamp - 1) }),
  };
  // The action decides which of `new` and `old` exist, as in the type.
  return event as unknown as ChangeEvent & { readonly action: Of };
};

const parsePlace = (uri: string, name: string | undefined) => {
  const ref = RESOURCES.parseUri(uri);
  if (ref !== undefined)
    return {
      resource: ref.resourceName,
      id: ref.id,
      ids: listIds(ref),
      hasChildren: ref.list.resource.children.length > 0,
    };
  const [, above = "", id = ""] = /^(.*)\/[^/]+\/([^/]+)$/.exec(uri) ?? [];
  const parent = above === "" ? undefined : RESOURCES.parseUri(above);
  if (name === undefined || isCore(name) || !isId(id) || (above !== "" && parent === undefined)) {
    throw new TypeError(
      `'${uri}' is not the URI of an object, such as /buckets/b/collections/c/records/r. Set resource_name for a plugin's resource.`,
    );
  }
  return { resource: name, id, ids: { ...(parent && listIds(parent)), [`${name}_id`]: id }, hasChildren: false };
};

const listIds = (ref: ObjectRef) =>
  Object.fromEntries([ref, ...ancestors(ref)].map(({ resourceName: resource, id }) => [`${resource}_id`, id]));
