import type { Answer } from "../http/answer.ts";
import type { HttpRequest } from "../http/request.ts";
import type { Api } from "./app.ts";
import { allowedOrigin, EXPOSED } from "./cors.ts";
import { endOfService } from "./end-of-service.ts";

/** Adds what every answer carries, also in a batch. */
export const framed = (api: Api, request: HttpRequest, { status, headers, body }: Answer): Answer => {
  const origin = allowedOrigin(api.settings, request);
  return {
    status,
    body,
    headers: {
      ...headers,
      ...(request.method !== "OPTIONS" && { "Access-Control-Expose-Headers": EXPOSED }),
      ...(origin !== undefined && { "Access-Control-Allow-Origin": origin }),
    },
  };
};

/** Adds what the service tells its clients of itself. */
export const announced = (api: Api, { status, headers, body }: Answer): Answer => {
  const { backoff, backoffPercentage = 100 } = api.settings;
  const end = endOfService(api.settings, api.transactions.now());
  return {
    status,
    body,
    headers: {
      ...headers,
      ...(backoff !== undefined && Math.random() * 100 < backoffPercentage && { Backoff: String(backoff) }),
      ...(end !== undefined && { Alert: end.alert }),
    },
  };
};
