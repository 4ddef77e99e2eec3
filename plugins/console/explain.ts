import { type Inspection, type JsonObject, jsonResponse, type RouteResponse } from "@kintoun/kit";
import * as z from "zod";

const user = z.string().min(1).max(1500);

export const explainInput = z.object({ query: z.object({ user, path: z.string().min(1).max(1000) }) });
export const membershipInput = z.object({ query: z.object({ user, after: z.string().max(1000).optional() }) });

/** Explains what a user may do on an object, and why. */
export const explainPermissions = async (
  query: z.output<typeof explainInput>["query"],
  inspection: Inspection,
): Promise<RouteResponse> =>
  jsonResponse({ data: { ...query, ...((await inspection.explain(query)) as unknown as JsonObject) } });

/** Lists a part of the groups that a user is in. */
export const listMemberships = async (
  { user, after }: z.output<typeof membershipInput>["query"],
  inspection: Inspection,
): Promise<RouteResponse> => {
  const { groups, next } = await inspection.listGroups(user, after);
  const query = new URLSearchParams({ user, after: next ?? "" });
  return jsonResponse(
    { data: groups },
    { headers: { ...(next !== undefined && { "Next-Page": `/__operations__/memberships?${query}` }) } },
  );
};
