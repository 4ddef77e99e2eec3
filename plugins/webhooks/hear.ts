import { type ChangeEvent, type Data, matchesFilter, RetryAfterError } from "@kintoun/kit";
import { type Hook, OPTIONS } from "./hook.ts";
import { hooksOf } from "./metadata.ts";
import type { Options } from "./options.ts";
import { eventMessage } from "./payload.ts";
import type { Sending } from "./sender.ts";
import type { Services } from "./services.ts";

/** Hooks that one event is sent to at the same time. */
const AT_ONCE = 10;

/**
 * Sends an event to all who want to hear of it. Throws `later` while one is to be tried again: it then comes again, and those that took it, or never will,
 * are left out by what the log says of them. Rejects when something fails here, once all the others have been sent it.
 */
export const tell = async (
  { sender, now }: Pick<Services, "sender" | "now">,
  hooks: readonly Hook[],
  event: ChangeEvent,
  sending: Sending,
): Promise<void> => {
  const left: { readonly id: string; readonly at: number }[] = [];
  const failures: unknown[] = [];
  const waiting = [...hooks];
  const work = async () => {
    for (let hook = waiting.shift(); hook !== undefined; hook = waiting.shift()) {
      try {
        // Where there is no time left, nobody is asked.
        const at = sending.signal.aborted ? now() : await sender.send(hook, eventMessage(hook, event), sending);
        if (at !== undefined) left.push({ id: hook.id, at });
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  if (failures.length > 0) throw failures[0];
  if (left.length === 0) return;
  const ids = left.map(({ id }) => id).sort();
  throw laterAt(
    Math.min(...left.map(({ at }) => at)),
    now,
    `To be tried again: ${ids.join(", ")} (${left.length} of ${hooks.length} webhooks)`,
  );
};

/** What is thrown to get an event again at a time. @param at epoch ms */
export const laterAt = (at: number, now: () => number, why: string): Error =>
  new RetryAfterError(Math.max(0, (at - now()) / 1000), why);

/** Who wants to hear of an event: the operator's hooks, and those that stand in the metadata of the collection by now, if it is still the same. */
export const hooksFor = async (event: ChangeEvent, config: Options, data: Data): Promise<readonly Hook[]> => {
  const own = config.hooks
    .filter((hook) => matchesFilter(hook, event))
    .map(({ id, url }) => ({ place: OPTIONS, id, url }));
  if (!config.ofCollections || event.resource_name !== "record") return own;
  const collection = await data.get(`/buckets/${event.bucket_id}/collections/${event.collection_id}`);
  if (collection === undefined || collection.generation !== event.parent_generation) return own;
  return [...own, ...hooksOf(collection).filter(({ on }) => on.some((action) => action === event.action))];
};
