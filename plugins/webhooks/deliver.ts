import {
  type ChangeEvent,
  type Data,
  type HttpClient,
  type JsonObject,
  matchesFilter,
  refuse,
  type SetupContext,
  type State,
} from "@kintoun/kit";
import type { Attempt, Delivery } from "./delivery.ts";
import { openDeliveryLog } from "./delivery-log.ts";
import { openHookStates } from "./hook-state.ts";
import { type Hook, OPTIONS_OWNER, parseCollectionHooks } from "./hooks.ts";
import { createPingMessage } from "./messages.ts";
import type { Options } from "./options.ts";
import { openSender, type SendContext } from "./sender.ts";
import { openSlowAttempts } from "./slow-attempts.ts";

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
  { now, config }: Pick<SetupContext<Options, never>, "now" | "config">,
) => {
  const ownSecret = ({ owner, id }: Hook) => (owner === OPTIONS_OWNER ? secrets[`secret-${id}`] : undefined);
  const states = openHookStates(state, { key, ownSecret }, now);
  const deliveries = openDeliveryLog(state, now);
  const timeoutMs = config.timeoutSeconds * 1000;
  const retryMs = config.retryDays * 24 * 3600 * 1000;
  const slowAttempts = openSlowAttempts(state, now);
  const sender = openSender({ http, states, deliveries, slowAttempts, now, timeoutMs, retryMs });
  return { data, http, now, states, deliveries, sender, timeoutMs };
};

export type Services = ReturnType<typeof openServices>;

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
  return [...own, ...matching.map((hook) => ({ ...hook, bucket: String(event.bucket_id) }))];
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
