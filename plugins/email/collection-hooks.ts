import {
  type ChangeEvent,
  type Data,
  domainOf,
  type Json,
  type JsonObject,
  matchesAny,
  parseMailAddress,
  truncateText,
} from "@kintoun/kit";
import * as z from "zod";
import { loadFilterCompiler } from "./filters.ts";
import { type Hook, type HookLimits, isGroupTemplate } from "./options.ts";
import { AFTER_RESOURCE_CHANGED } from "./templates.ts";

/**
 * The field of a collection's or bucket's metadata that kinto-emailer reads:
 * `{ "kinto-emailer": { "hooks": [{ "template": "…", "recipients": ["…"] }] } }`.
 */
const METADATA_KEY = "kinto-emailer";

const hasSettings = (value: Json | undefined): boolean => value !== undefined;

const filter = z.string().max(200);
const FILTERS = ["event", "resource_name", "action", "id", "record_id", "collection_id"] as const;

const schema = z.object({
  hooks: z
    .array(
      z.object({
        template: z.string('Missing "template".').max(100_000),
        html: z.string().max(100_000).optional(),
        subject: z.string().max(500).default("New message"),
        recipients: z.array(z.string(), "Empty list of recipients.").min(1, "Empty list of recipients.").max(50),
        sender: z.string().optional(),
        event: filter.optional(),
        resource_name: filter.optional(),
        action: filter.optional(),
        id: filter.optional(),
        record_id: filter.optional(),
        collection_id: filter.optional(),
      }),
      'Missing "hooks".',
    )
    .max(10),
});
type HookSettings = z.output<typeof schema>["hooks"][number];

/**
 * The first issue of the hooks in metadata, or `undefined`. Uses the messages of kinto-emailer where it has one.
 * @param bucket the id of the bucket, or of the collection's bucket
 */
export const findSettingsIssue = async (
  metadata: JsonObject,
  bucket: string,
  { buckets, domains }: HookLimits,
): Promise<string | undefined> => {
  if (!hasSettings(metadata[METADATA_KEY])) return undefined;
  if (!matchesAny(buckets, bucket)) return formatIssue([], "This bucket and its collections may not have mail hooks");
  const { data, error } = schema.safeParse(metadata[METADATA_KEY]);
  const [issue] = error?.issues ?? [];
  if (issue !== undefined) return formatIssue(issue.path, issue.message);
  const compile = await loadFilterCompiler();
  for (const [index, { recipients, sender, ...hook }] of (data?.hooks ?? []).entries()) {
    const path = ["hooks", index];
    const unusable = FILTERS.find((field) => hook[field] !== undefined && compile(hook[field]) === undefined);
    if (unusable !== undefined) return formatIssue([...path, unusable], "Invalid or unsupported regular expression");
    const addresses = recipients.filter((text) => !isGroupTemplate(text));
    const invalid = addresses.filter((text) => parseMailAddress(text) === undefined);
    if (invalid.length > 0) return formatIssue([...path, "recipients"], `Invalid recipients ${quoteList(invalid)}`);
    const foreign = recipients.filter((text) => isGroupTemplate(text) && !isGroupOfBucket(bucket, text));
    if (foreign.length > 0)
      return formatIssue([...path, "recipients"], `Invalid bucket for groups ${quoteList(foreign)}`);
    const outside = addresses.filter((text) => !isInDomains(domains, text));
    if (outside.length > 0)
      return formatIssue(
        [...path, "recipients"],
        `Invalid recipients ${quoteList(outside)}: the allowed domains are ${domains?.join(", ")}`,
      );
    if (sender !== undefined && (parseMailAddress(sender) === undefined || !isInDomains(domains, sender)))
      return formatIssue([...path, "sender"], `Invalid sender ${quoteList([sender])}`);
  }
  return undefined;
};

const formatIssue = (path: readonly PropertyKey[], message: string): string =>
  `${[METADATA_KEY, ...path].join(".")} in body: ${message.replace(/\.?$/, ".")}`;

const quoteList = (texts: readonly string[]): string =>
  texts
    .slice(0, 5)
    .map((text) => JSON.stringify(truncateText(text, 100)))
    .join(", ");

const isGroupOfBucket = (bucket: string, group: string): boolean =>
  group.startsWith(`/buckets/${bucket}/groups/`) || group.startsWith("/buckets/{bucket_id}/groups/");

const isInDomains = (domains: readonly string[] | undefined, text: string): boolean => {
  const address = parseMailAddress(text);
  return address !== undefined && matchesAny(domains, domainOf(address));
};

/** The hooks that match a record's or collection's event, from the present metadata of its collection or bucket. */
export const findCollectionHooks = async (
  event: ChangeEvent,
  values: object,
  data: Data,
  limits: HookLimits,
): Promise<readonly Hook[]> => {
  const { bucket_id: bucket, collection_id: collection, resource_name: type } = event;
  if (bucket === undefined || collection === undefined || (type !== "record" && type !== "collection")) return [];
  const metadata = await findHookMetadata(event, data);
  // Metadata may have been stored before the plugin was active, or under other limits.
  if (metadata === undefined || (await findSettingsIssue(metadata, bucket, limits)) !== undefined) return [];
  const { data: settings } = schema.safeParse(metadata[METADATA_KEY]);
  const compile = await loadFilterCompiler();
  return (settings?.hooks ?? []).flatMap((hook, index) =>
    matchesFilters(hook, values, compile) ? [toHook(hook, index, limits)] : [],
  );
};

/** The collection's metadata or, if it has no hooks, the bucket's. */
const findHookMetadata = async (event: ChangeEvent, data: Data): Promise<JsonObject | undefined> => {
  const bucket = `/buckets/${event.bucket_id}`;
  const own =
    event.resource_name === "collection"
      ? (event.new ?? event.old)
      : await getSameGeneration(data, `${bucket}/collections/${event.collection_id}`, event);
  if (own === undefined || hasSettings(own[METADATA_KEY])) return own;
  return event.resource_name === "collection" ? getSameGeneration(data, bucket, event) : (await data.get(bucket))?.data;
};

/** The parent of the changed object, unless it was deleted and created again since. */
const getSameGeneration = async (data: Data, uri: string, event: ChangeEvent): Promise<JsonObject | undefined> => {
  const parent = await data.get(uri);
  return parent?.generation === event.parent_generation ? parent.data : undefined;
};

/** Kinto's event before the commit. Kintoun has one event for this one and the one after the commit. */
const RESOURCE_CHANGED = "kinto.core.events.ResourceChanged";

const matchesFilters = (
  hook: HookSettings,
  values: object,
  compile: Awaited<ReturnType<typeof loadFilterCompiler>>,
): boolean =>
  FILTERS.every((field) => {
    const filter = hook[field];
    if (filter === undefined) return true;
    const matches = (value: unknown): boolean => typeof value === "string" && compile(filter)?.(value) === true;
    if (field === "event") return matches(AFTER_RESOURCE_CHANGED) || matches(RESOURCE_CHANGED);
    return Object.hasOwn(values, field) && matches(values[field as keyof typeof values]);
  });

const toHook = (
  { template, html, subject, recipients, sender }: HookSettings,
  index: number,
  limits: HookLimits,
): Hook => ({
  id: `metadata-${index + 1}`,
  recipients,
  subject,
  text: template,
  html,
  limits,
  cc: [],
  bcc: [],
  replyTo: sender === undefined ? [] : [sender],
});
