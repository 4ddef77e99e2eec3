import { jsonResponse, type RouteResponse, refuse } from "@kintoun/kit";
import type { Delivery } from "./delivery-log.ts";
import { hookAt, hooksAt } from "./find-hook.ts";
import { isMessageId } from "./hook.ts";
import type { CollectionHook } from "./metadata.ts";
import type { Services } from "./services.ts";
import { type Standing, shownSecret } from "./standing.ts";

interface Path {
  readonly bucket: string;
  readonly collection: string;
}

const uriOf = ({ bucket, collection }: Path) => `/buckets/${bucket}/collections/${collection}`;

/** The webhooks in a collection's metadata, and how they stand. */
export const listHooks = async ({ data, standings }: Services, path: Path): Promise<RouteResponse> => {
  const hooks = await hooksAt(data, uriOf(path));
  return jsonResponse({
    data: await Promise.all(hooks.map(async (hook) => shownHook(hook, await standings.of(hook)))),
  });
};

/** One of them, with its secrets. */
export const showHook = async (
  { data, standings }: Services,
  path: Path & { readonly hook: string },
): Promise<RouteResponse> => {
  const hook = await hookAt(data, uriOf(path), path.hook);
  const standing = await standings.of(hook);
  const secrets = (await standings.secrets(hook, standing)).map(shownSecret);
  return jsonResponse(
    { data: { ...shownHook(hook, standing), secrets } },
    { headers: { "Cache-Control": "no-store" } },
  );
};

/** A page of its log. */
export const listDeliveries = async (
  { data, deliveries }: Services,
  path: Path & { readonly hook: string },
  page: { readonly limit: number; readonly before?: string | undefined },
): Promise<RouteResponse> => {
  const found = await deliveries.list(await hookAt(data, uriOf(path), path.hook), page);
  return jsonResponse({ data: found.map(shownDelivery) });
};

/** An entry of its log, with what was sent. */
export const showDelivery = async (
  { data, deliveries }: Services,
  { delivery: id, ...path }: Path & { readonly hook: string; readonly delivery: string },
): Promise<RouteResponse> => {
  const hook = await hookAt(data, uriOf(path), path.hook);
  const delivery = isMessageId(id) ? await deliveries.get(hook, id) : undefined;
  if (delivery === undefined) throw refuse(404, "The log has no such delivery.");
  return jsonResponse({ data: { ...shownDelivery(delivery), body: delivery.body ?? null } });
};

const shownHook = ({ id, url, on }: CollectionHook, { gone }: Standing) => ({
  id,
  url,
  on,
  disabled: gone?.url === url ? { since: gone.at } : null,
});

/** As lists show it: without what was sent. */
export const shownDelivery = ({ body: _, attempts, ...delivery }: Delivery) => ({
  ...delivery,
  attempts: attempts.map((attempt) => ({ ...attempt })),
});
