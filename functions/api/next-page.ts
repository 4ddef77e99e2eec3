import { pageLimit, type SelectedPlace } from "../../core/objects/select.ts";
import { publicOrigin } from "../http/public-origin.ts";
import type { Call } from "./call.ts";
import { makeToken } from "./token.ts";

/** How long a reader may take from one page to the next, in ms. */
const READING_TIME = 24 * 3600 * 1000;

/** `Next-Page`: the same request, from where this page ended; absent on the last page. @param scope what the page's token is good for */
export const nextPage = async (
  { api, request }: Pick<Call, "api" | "request">,
  scope: string,
  limit: number | undefined,
  next: SelectedPlace | undefined,
): Promise<Readonly<Record<string, string>>> => {
  if (next === undefined) return {};
  const { settings, seal, transactions, world } = api;
  const time = request.method === "DELETE" ? settings.paginationTokenValiditySeconds * 1000 : READING_TIME;
  const params = new URLSearchParams(request.query);
  params.set("_limit", String(pageLimit(world, limit)));
  params.set("_token", await makeToken(seal, scope, { place: next, expires: transactions.now() + time }));
  return { "Next-Page": `${publicOrigin(request, settings)}${request.path}?${params}` };
};
