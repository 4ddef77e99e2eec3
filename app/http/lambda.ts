import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from "aws-lambda";
import { Hono } from "hono";
import { handle } from "hono/aws-lambda";
import { Failure } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import { PAYLOAD_LIMIT } from "../topology.ts";
import { failed } from "./failed.ts";

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
    const result = (await handler(event as never, context as never)) as APIGatewayProxyStructuredResultV2;
    if ((result.body?.length ?? 0) < PAYLOAD_LIMIT / 2 || Buffer.byteLength(JSON.stringify(result)) <= PAYLOAD_LIMIT) return result;
    const message = "The answer is too large: ask for less, with a lower _limit or size, or fewer fields.";
    return { statusCode: 413, headers: { "Content-Type": "application/json" }, body: JSON.stringify({ code: 413, errno: 113, error: "Request Entity Too Large", message }) };
  };
};
