import { type Inspection, type JsonObject, jsonResponse, type RouteRequest, type RouteResponse } from "@kintoun/kit";

/** Describes what runs, and whether what it depends on is reachable. */
export const getOverview = async (
  { send }: Pick<RouteRequest, "send">,
  inspection: Inspection,
): Promise<RouteResponse> => {
  const { status, body } = await send({ method: "GET", path: "/__heartbeat__" });
  return jsonResponse({
    data: {
      ...(inspection.describe() as unknown as JsonObject),
      // Kinto answers 503 if a check fails.
      health: { isHealthy: status === 200, checks: body ?? {} },
      mail: inspection.mails === undefined ? "sent" : "caught",
    },
  });
};
