import { type ChangeEvent, type Data, isAmong } from "@kintoun/kit";
import { type Hook, OPTIONS } from "./hook.ts";
import { hooksOf } from "./metadata.ts";
import type { Options } from "./options.ts";
import { eventMessage } from "./payload.ts";
import type { Sender, Sending } from "./sender.ts";

/** Hooks that one event is sent to at the same time. */
const AT_ONCE = 10;

/**
 * Sends an event to all who want to hear of it. Rejects while one is to be tried again: it then comes again, and those that took it, or never will, are
 * left out by what the log says of them.
 */
export const tell = async (sender: Sender, hooks: readonly Hook[], event: ChangeEvent, sending: Sending): Promise<void> => {
  const left: string[] = [];
  const waiting = [...hooks];
  const work = async () => {
    for (let hook = waiting.shift(); hook !== undefined; hook = waiting.shift()) {
      if ((await sender.send(hook, eventMessage(hook, event), sending)) === "pending") left.push(hook.id);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  if (left.length > 0) throw new Error(`To be tried again: ${left.sort().join(", ")} (${left.length} of ${hooks.length} webhooks)`);
};

/** Who wants to hear of an event: the operator's hooks, and those that stand in the metadata of the collection by now, if it is still the same. */
export const hooksFor = async (event: ChangeEvent, config: Options, data: Data): Promise<readonly Hook[]> => {
  const own = config.hooks.filter((hook) => wants(hook, event)).map(({ id, url }) => ({ place: OPTIONS, id, url }));
  if (!config.ofCollections || event.resource_name !== "record") return own;
  const collection = await data.get(`/buckets/${event.bucket_id}/collections/${event.collection_id}`);
  if (collection === undefined || collection.life !== event.life) return own;
  return [...own, ...hooksOf(collection).filter(({ on }) => on.some((action) => action === event.action))];
};

const wants = ({ on, buckets, collections }: Options["hooks"][number], event: ChangeEvent): boolean =>
  on.some((name) => name === `${event.resource_name}.${event.action}`) && isAmong(buckets, event.bucket_id) && isAmong(collections, event.collection_id);
