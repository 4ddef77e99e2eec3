import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from "aws-lambda";
import { Hono } from "hono";
import { handle } from "hono/aws-lambda";
import { Failure } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import { PAYLOAD_LIMIT } from "../topology.ts";
import { errorJson, failed } from "./failed.ts";

/** A function behind API Gateway's HTTP API (payload format 2.0). */
export type HttpHandler = (event: APIGatewayProxyEventV2, context?: Context) => Promise<APIGatewayProxyStructuredResultV2>;

/** An app whose failures are answered in the protocol's shape. */
export const httpApp = ({ log, challenges }: { log: Log; challenges: readonly string[] }) => {
  const told = (error: unknown, requestId: string | undefined) => failed(error, { log, challenges, requestId });
  const app = new Hono<{ Bindings: { requestContext?: { requestId?: string } } }>();
  app.onError((error, c) => told(error, c.env?.requestContext?.requestId));
  app.notFound((c) => told(new Failure("MISSING_RESOURCE"), c.env?.requestContext?.requestId));
  return app;
};

/** Lambda refuses larger answers; a client is better told by a page too long than by a gateway's 500. */
export const lambdaHandler = (app: ReturnType<typeof httpApp>): HttpHandler => {
  const handler = handle(app);
  return async (event, context) => {
    const result = (await handler(carried(event) as never, context as never)) as APIGatewayProxyStructuredResultV2;
    if ((result.body?.length ?? 0) < PAYLOAD_LIMIT / 2 || Buffer.byteLength(JSON.stringify(result)) <= PAYLOAD_LIMIT) return result;
    return { statusCode: 413, headers: { "Content-Type": "application/json" }, body: errorJson(TOO_LARGE) };
  };
};

const TOO_LARGE = new Failure("REQUEST_TOO_LARGE", { message: "The answer is too large: ask for less, with a lower _limit or size, or fewer fields." });

/** What a `Request` can't carry unchanged is left out where it means nothing, else taken for something that no route answers. */
const carried = ({ body, ...event }: APIGatewayProxyEventV2): APIGatewayProxyEventV2 => {
  const { rawPath, requestContext } = event;
  const { http, domainName } = requestContext;
  const method = http.method.toUpperCase();
  // A URL loses its dot segments: what was asked for would become another place.
  const astray = /\\|\/(\.|%2e){1,2}(\/|$)/i.test(rawPath) || !/^(\[[\da-f:.]+\]|[\w.-]+)(:\d{1,5})?$/i.test(domainName);
  const unspeakable = ["CONNECT", "TRACE", "TRACK"].includes(method);
  return {
    ...event,
    ...(astray && { rawPath: "/" }),
    ...(method !== "GET" && method !== "HEAD" && body !== undefined && { body }),
    requestContext: { ...requestContext, ...(astray && { domainName: "invalid" }), http: { ...http, ...(unspeakable && { method: "UNKNOWN" }) } },
  };
};
