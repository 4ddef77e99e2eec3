import { type Data, type DataObject, type HttpClient, type Json, refuse } from "@kintoun/kit";
import * as z from "zod";

/** A URL that messages are posted to. */
export interface Hook {
  /** The generation of the collection whose metadata holds the hook, or {@link OPTIONS_OWNER}. */
  readonly owner: string;
  readonly id: string;
  readonly url: string;
  /** The bucket of its collection; absent for hooks from the options. */
  readonly bucket?: string;
}

/** A hook from a collection's metadata. */
export interface CollectionHook extends Hook {
  readonly on: readonly ("create" | "update" | "delete")[];
}

/** The owner of hooks from the options. No generation has this name. */
export const OPTIONS_OWNER = "options";

/** Maximum number of hooks of one collection. */
const MAX_COLLECTION_HOOKS = 10;

/**
 * The field `webhooks` of a collection's metadata:
 * `[{ "id": "orders", "url": "https://example.org/orders", "on": ["create"] }]`.
 */
const schema = z
  .array(
    z.strictObject({
      id: z
        .string()
        .regex(
          /^[a-zA-Z0-9][a-zA-Z0-9_-]{0,63}$/,
          "must have 1 to 64 letters, digits, '-' and '_', and begin with a letter or digit",
        ),
      url: z.string(),
      /** Actions on records. Default: all. */
      on: z
        .array(z.enum(["create", "update", "delete"]))
        .min(1)
        .default(["create", "update", "delete"]),
    }),
  )
  .max(MAX_COLLECTION_HOOKS)
  .refine(
    (hooks) => new Set(hooks.map(({ id }) => id)).size === hooks.length,
    "must not have two hooks with the same id",
  );

/** The hooks of a collection. Empty if its metadata is invalid: it may be older than the plugin. */
export const parseCollectionHooks = ({ data, generation }: DataObject): readonly CollectionHook[] => {
  const { data: hooks = [] } = schema.safeParse(data.webhooks);
  return generation === undefined ? [] : hooks.map((hook) => ({ ...hook, owner: generation }));
};

/** The first issue of a collection's `webhooks`, or `undefined`. */
export const findMetadataIssue = (webhooks: Json | undefined, http: HttpClient): string | undefined => {
  if (webhooks === undefined) return undefined;
  const { data: hooks = [], error } = schema.safeParse(webhooks);
  const [issue] = error?.issues ?? [];
  if (issue !== undefined) return `${["webhooks", ...issue.path].join(".")} in body: ${issue.message}.`;
  for (const [index, { url }] of hooks.entries()) {
    const urlIssue = http.findUrlIssue(url);
    if (urlIssue !== undefined) return `webhooks.${index}.url in body: ${urlIssue}`;
  }
  return undefined;
};

/** The hooks in the present metadata of a collection. @param uri the collection's URI */
export const listCollectionHooks = async (data: Data, uri: string): Promise<readonly CollectionHook[]> => {
  const collection = await data.get(uri);
  return collection === undefined ? [] : parseCollectionHooks(collection);
};

/** A hook in the present metadata of a collection. Refuses with 404 if there is none. */
export const findCollectionHook = async (data: Data, uri: string | null, id: string): Promise<CollectionHook> => {
  const hook = uri === null ? undefined : (await listCollectionHooks(data, uri)).find((one) => one.id === id);
  if (hook === undefined) throw refuse(404, "The collection has no such webhook.");
  return hook;
};
