import type { DataObject, HttpClient, Json } from "@kintoun/kit";
import * as z from "zod";
import type { Hook } from "./hook.ts";

/** Hooks of one collection. */
export const MOST_HOOKS = 10;

/** What a collection's metadata say: `{ "webhooks": [{ "id": "orders", "url": "https://example.org/orders", "on": ["create"] }] }`. */
const schema = z
  .array(
    z.strictObject({
      id: z
        .string()
        .regex(
          /^[a-zA-Z0-9][a-zA-Z0-9_-]{0,63}$/,
          "1 to 64 letters, digits, - and _ name a hook, a letter or digit first",
        ),
      url: z.string(),
      /** What happens to records; all when absent. */
      on: z
        .array(z.enum(["create", "update", "delete"]))
        .min(1)
        .default(["create", "update", "delete"]),
    }),
  )
  .max(MOST_HOOKS)
  .refine((hooks) => new Set(hooks.map(({ id }) => id)).size === hooks.length, "Each hook has an id of its own");

export interface CollectionHook extends Hook {
  readonly on: readonly ("create" | "update" | "delete")[];
}

/** The hooks of a collection; none where what stands there can't be read. */
export const hooksOf = ({ data, generation: life }: DataObject): readonly CollectionHook[] => {
  const { data: hooks = [] } = schema.safeParse(data.webhooks);
  return life === undefined ? [] : hooks.map((hook) => ({ ...hook, place: life }));
};

/** What is wrong with a collection's `webhooks`, if anything. */
export const flawOf = (webhooks: Json | undefined, http: HttpClient): string | undefined => {
  if (webhooks === undefined) return undefined;
  const { data: hooks = [], error } = schema.safeParse(webhooks);
  const [issue] = error?.issues ?? [];
  if (issue !== undefined) return `${["webhooks", ...issue.path].join(".")} in body: ${issue.message}.`;
  for (const [place, { url }] of hooks.entries()) {
    const flaw = http.findUrlIssue(url);
    if (flaw !== undefined) return `webhooks.${place}.url in body: ${flaw}`;
  }
  return undefined;
};
