import {
  type ChangeEvent,
  type Data,
  type HttpClient,
  type JsonObject,
  matchesFilter,
  RetryAfterError,
  refuse,
  type SetupContext,
  type State,
} from "@kintoun/kit";
import { type Attempt, type Delivery, openDeliveryLog } from "./delivery-log.ts";
import { openHookStates } from "./hook-state.ts";
import { type Hook, OPTIONS_OWNER, parseCollectionHooks } from "./hooks.ts";
import { createEventMessage, createPingMessage } from "./messages.ts";
import type { Options } from "./options.ts";
import { openSender, type SendContext } from "./sender.ts";

interface Resources {
  readonly data: Data;
  readonly state: State;
  readonly http: HttpClient;
  readonly key: () => Promise<string>;
  readonly [secret: `secret-${string}`]: (() => Promise<string>) | undefined;
}

/** Opens the services of the plugin's parts. */
export const openServices = (
  { data, state, http, key, ...secrets }: Resources,
  now: SetupContext<Options, never>["now"],
) => {
  const ownSecret = ({ owner, id }: Hook) => (owner === OPTIONS_OWNER ? secrets[`secret-${id}`] : undefined);
  const states = openHookStates(state, { key, ownSecret }, now);
  const deliveries = openDeliveryLog(state, now);
  return { data, http, now, states, deliveries, sender: openSender({ http, states, deliveries, now }) };
};

export type Services = ReturnType<typeof openServices>;

/** Maximum number of hooks that one event is posted to at the same time. */
const MAX_CONCURRENT_HOOKS = 10;

/**
 * Posts an event to hooks.
 *
 * Throws a `RetryAfterError` while a delivery is pending. The next call skips finished deliveries by the delivery logs.
 * If something fails within the store, posts to all other hooks and then rejects.
 */
export const postEvent = async (
  { sender, now }: Pick<Services, "sender" | "now">,
  hooks: readonly Hook[],
  event: ChangeEvent,
  context: SendContext,
): Promise<void> => {
  const pending: { readonly id: string; readonly at: number }[] = [];
  const failures: unknown[] = [];
  const queue = [...hooks];
  const work = async () => {
    for (let hook = queue.shift(); hook !== undefined; hook = queue.shift()) {
      try {
        // Without time left, the remaining hooks wait for the next call.
        const at = context.signal.aborted ? now() : await sender.send(hook, createEventMessage(hook, event), context);
        if (at !== undefined) pending.push({ id: hook.id, at });
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: MAX_CONCURRENT_HOOKS }, work));
  if (failures.length > 0) throw failures[0];
  if (pending.length === 0) return;
  const ids = pending.map(({ id }) => id).sort();
  throw retryAt(
    Math.min(...pending.map(({ at }) => at)),
    now,
    `${pending.length} of ${hooks.length} webhooks are retried: ${ids.join(", ")}`,
  );
};

/** An error that makes the queue deliver the event again. @param at time in milliseconds since 1970 */
export const retryAt = (at: number, now: () => number, message: string): Error =>
  new RetryAfterError(Math.max(0, (at - now()) / 1000), message);

/**
 * The hooks that match an event: the operator's, and those in the present metadata of the record's collection, unless
 * it was deleted and created again.
 */
export const findHooks = async (event: ChangeEvent, config: Options, data: Data): Promise<readonly Hook[]> => {
  const own = config.hooks
    .filter((hook) => matchesFilter(hook, event))
    .map(({ id, url }) => ({ owner: OPTIONS_OWNER, id, url }));
  if (!config.collectionHooks || event.resource_name !== "record") return own;
  const collection = await data.get(`/buckets/${event.bucket_id}/collections/${event.collection_id}`);
  if (collection === undefined || collection.generation !== event.parent_generation) return own;
  const matching = parseCollectionHooks(collection).filter(({ on }) => on.some((action) => action === event.action));
  return [...own, ...matching];
};

/** Posts a delivery from the log again, under the same id. */
export const resendDelivery = async (
  { sender, deliveries }: Services,
  hook: Hook,
  id: string,
  context: SendContext,
): Promise<JsonObject> => {
  const delivery = await deliveries.get(hook, id);
  if (delivery === undefined) throw refuse(404, "The log has no such delivery.");
  const { body } = delivery;
  if (body === undefined)
    throw refuse(400, "The delivery cannot be sent again: its body was too large to keep in the log.");
  return formatOutcome(await sender.sendOnce(hook, { ...delivery, body }, context));
};

/** Posts a test message. @param subject unique per ping */
export const sendPing = async (
  { sender, now }: Services,
  hook: Hook,
  subject: string,
  context: SendContext,
): Promise<JsonObject> => formatOutcome(await sender.sendOnce(hook, createPingMessage(hook, subject, now()), context));

/** The outcome of the latest attempt, whatever the outcome of earlier ones. */
const formatOutcome = ({ id, attempts }: Delivery): JsonObject => {
  const { status, error } = attempts.at(-1) as Attempt;
  return { delivery: id, delivered: error === null, status, error };
};
