import {
  type ChangeEvent,
  type Data,
  domainOf,
  type Json,
  type JsonObject,
  matchesAny,
  parseMailAddress,
} from "@kintoun/kit";
import * as z from "zod";
import { isGroup } from "./group.ts";
import { AFTER_CHANGE, type Hook } from "./hook.ts";
import { loadMatching } from "./match.ts";
import type { Bounds } from "./options.ts";

/** What kinto-emailer calls it in a collection's or bucket's metadata: `{ "kinto-emailer": { "hooks": [{ "template": "…", "recipients": ["…"] }] } }`. */
const KEY = "kinto-emailer";

const isSettings = (value: Json | undefined): boolean => value !== undefined;

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
type Settings = z.output<typeof schema>["hooks"][number];

/** What is wrong with the hooks of a collection, or bucket, if anything. @param bucket its own, or the one it stands in */
export const flawOf = async (
  metadata: JsonObject,
  bucket: string,
  { buckets, domains }: Bounds,
): Promise<string | undefined> => {
  if (!isSettings(metadata[KEY])) return undefined;
  if (!matchesAny(buckets, bucket)) return flaw([], "Mail hooks are not for this bucket and its collections");
  const { data, error } = schema.safeParse(metadata[KEY]);
  const [issue] = error?.issues ?? [];
  if (issue !== undefined) return flaw(issue.path, issue.message);
  const compile = await loadMatching();
  for (const [place, { recipients, sender, ...hook }] of (data?.hooks ?? []).entries()) {
    const at = ["hooks", place];
    const unusable = FILTERS.find((field) => hook[field] !== undefined && compile(hook[field]) === undefined);
    if (unusable !== undefined) return flaw([...at, unusable], "Not a regular expression that can be used here");
    const addresses = recipients.filter((text) => !isGroup(text));
    const invalid = addresses.filter((text) => parseMailAddress(text) === undefined);
    if (invalid.length > 0) return flaw([...at, "recipients"], `Invalid recipients ${told(invalid)}`);
    const elsewhere = recipients.filter((text) => isGroup(text) && !isIn(bucket, text));
    if (elsewhere.length > 0) return flaw([...at, "recipients"], `Invalid bucket for groups ${told(elsewhere)}`);
    const outside = addresses.filter((text) => !isWithin(domains, text));
    if (outside.length > 0)
      return flaw(
        [...at, "recipients"],
        `Mail does not go to ${told(outside)} from here; it goes to ${domains?.join(", ")}`,
      );
    if (sender !== undefined && (parseMailAddress(sender) === undefined || !isWithin(domains, sender)))
      return flaw([...at, "sender"], `Invalid sender ${told([sender])}`);
  }
  return undefined;
};

const flaw = (path: readonly PropertyKey[], message: string): string =>
  `${[KEY, ...path].join(".")} in body: ${message.replace(/\.?$/, ".")}`;

const told = (texts: readonly string[]): string =>
  texts
    .slice(0, 5)
    .map((text) => JSON.stringify(text.slice(0, 100)))
    .join(", ");

const isIn = (bucket: string, group: string): boolean =>
  group.startsWith(`/buckets/${bucket}/groups/`) || group.startsWith("/buckets/{bucket_id}/groups/");

const isWithin = (domains: readonly string[] | undefined, text: string): boolean => {
  const address = parseMailAddress(text);
  return address !== undefined && matchesAny(domains, domainOf(address));
};

/** The hooks that hear of a record's or collection's event, of its collection or else of its bucket, as they stand by now. */
export const hooksOfCollection = async (
  event: ChangeEvent,
  values: object,
  data: Data,
  bounds: Bounds,
): Promise<readonly Hook[]> => {
  const { bucket_id: bucket, collection_id: collection, resource_name: type } = event;
  if (bucket === undefined || collection === undefined || (type !== "record" && type !== "collection")) return [];
  const metadata = await metadataFor(event, data);
  // What was written before it was looked at, or bound otherwise.
  if (metadata === undefined || (await flawOf(metadata, bucket, bounds)) !== undefined) return [];
  const { data: settings } = schema.safeParse(metadata[KEY]);
  const compile = await loadMatching();
  return (settings?.hooks ?? []).flatMap((hook, place) =>
    wants(hook, values, compile) ? [toHook(hook, place, bounds)] : [],
  );
};

/** The collection's own settings take the place of the bucket's. */
const metadataFor = async (event: ChangeEvent, data: Data): Promise<JsonObject | undefined> => {
  const bucket = `/buckets/${event.bucket_id}`;
  const own =
    event.resource_name === "collection"
      ? (event.new ?? event.old)
      : await sameLife(data, `${bucket}/collections/${event.collection_id}`, event);
  if (own === undefined || isSettings(own[KEY])) return own;
  return event.resource_name === "collection" ? sameLife(data, bucket, event) : (await data.get(bucket))?.data;
};

/** What the changed object stands in; not another that has taken its name since. */
const sameLife = async (data: Data, uri: string, event: ChangeEvent): Promise<JsonObject | undefined> => {
  const parent = await data.get(uri);
  return parent?.generation === event.parent_generation ? parent.data : undefined;
};

/** Both of Kinto's events of a change are the one that there is here. */
const RESOURCE_CHANGED = "kinto.core.events.ResourceChanged";

const wants = (hook: Settings, values: object, compile: Awaited<ReturnType<typeof loadMatching>>): boolean =>
  FILTERS.every((field) => {
    const filter = hook[field];
    if (filter === undefined) return true;
    const fits = (value: unknown): boolean => typeof value === "string" && compile(filter)?.(value) === true;
    if (field === "event") return fits(AFTER_CHANGE) || fits(RESOURCE_CHANGED);
    return Object.hasOwn(values, field) && fits(values[field as keyof typeof values]);
  });

const toHook = ({ template, html, subject, recipients, sender }: Settings, place: number, bounds: Bounds): Hook => ({
  id: `metadata-${place + 1}`,
  ...{ recipients, subject, text: template, html, bounds, cc: [], bcc: [] },
  replyTo: sender === undefined ? [] : [sender],
});
