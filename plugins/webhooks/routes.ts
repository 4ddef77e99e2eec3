import { jsonResponse, type RouteResponse, refuse } from "@kintoun/kit";
import { getCircuitState } from "./circuit.ts";
import type { Services } from "./deliver.ts";
import type { Delivery } from "./delivery.ts";
import { formatSecret, getCircuit, type HookState, isDisabled } from "./hook-state.ts";
import { type CollectionHook, findCollectionHook, type Hook, listCollectionHooks } from "./hooks.ts";
import { isMessageId } from "./messages.ts";

interface CollectionPath {
  readonly bucket: string;
  readonly collection: string;
}

const collectionUri = ({ bucket, collection }: CollectionPath) => `/buckets/${bucket}/collections/${collection}`;

/** The webhooks in a collection's metadata, and whether they are disabled or held back. */
export const listHooks = async ({ data, states, now }: Services, path: CollectionPath): Promise<RouteResponse> => {
  const hooks = await listCollectionHooks(data, collectionUri(path));
  return jsonResponse({
    data: await Promise.all(hooks.map(async (hook) => formatHook(hook, await states.get(hook), now()))),
  });
};

/** A webhook with its secrets. */
export const getHook = async (
  { data, states, now }: Services,
  path: CollectionPath & { readonly hook: string },
): Promise<RouteResponse> => {
  const hook = await findCollectionHook(data, collectionUri(path), path.hook);
  const state = await states.get(hook);
  const secrets = (await states.getSecrets(hook, state)).map(formatSecret);
  return jsonResponse(
    { data: { ...formatHook(hook, state, now()), secrets } },
    { headers: { "Cache-Control": "no-store" } },
  );
};

/** A page of a webhook's delivery log. */
export const listDeliveries = async (
  { data, deliveries }: Services,
  path: CollectionPath & { readonly hook: string },
  page: { readonly limit: number; readonly before?: string | undefined },
): Promise<RouteResponse> => {
  const found = await deliveries.list(await findCollectionHook(data, collectionUri(path), path.hook), page);
  return jsonResponse({ data: found.map(formatDelivery) });
};

/** An entry of a webhook's delivery log with its body. */
export const getDelivery = async (
  { data, deliveries }: Services,
  { delivery: id, ...path }: CollectionPath & { readonly hook: string; readonly delivery: string },
): Promise<RouteResponse> => {
  const hook = await findCollectionHook(data, collectionUri(path), path.hook);
  const delivery = isMessageId(id) ? await deliveries.get(hook, id) : undefined;
  if (delivery === undefined) throw refuse(404, "The log has no such delivery.");
  return jsonResponse({ data: { ...formatDelivery(delivery), body: delivery.body ?? null } });
};

const formatHook = (hook: CollectionHook, state: HookState, now: number) => {
  const { id, url, on } = hook;
  return { id, url, on, ...formatHookState(hook, state, now) };
};

/** Since when a hook is disabled, the state of its circuit, since when that is not closed, and when it is half-open. */
export const formatHookState = (hook: Hook, state: HookState, now: number) => {
  const circuit = getCircuit(hook, state);
  const circuitState = getCircuitState(circuit, now);
  return {
    disabled: isDisabled(hook, state) ? { since: state.gone?.at ?? null } : null,
    circuit: {
      state: circuitState,
      since: circuit.opened_at,
      retry_at: circuitState === "open" ? circuit.probe_at : null,
    },
  };
};

/** A delivery as lists return it, without its body. */
export const formatDelivery = ({ body: _, attempts, ...delivery }: Delivery) => ({
  ...delivery,
  attempts: attempts.map((attempt) => ({ ...attempt })),
});
