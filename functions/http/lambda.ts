import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from "aws-lambda";
import { PAYLOAD_LIMIT } from "../../config/functions.ts";
import { Failure } from "../../core/errors.ts";
import type { Answer } from "./answer.ts";
import { errorJson } from "./failed.ts";
import { type HttpRequest, toRequest } from "./request.ts";

/** A function behind API Gateway's HTTP API (payload format 2.0). */
export type HttpHandler = (
  event: APIGatewayProxyEventV2,
  context?: Context,
) => Promise<APIGatewayProxyStructuredResultV2>;

/** Hands requests to `serve`, which does not fail. Lambda refuses larger answers; a client is better told by a page too long than by a gateway's 500. */
export const lambdaHandler =
  (serve: (request: HttpRequest, requestId: string) => Promise<Answer>): HttpHandler =>
  async (event) => {
    const { status, headers, body } = await serve(toRequest(event), event.requestContext.requestId);
    const result = {
      statusCode: status,
      headers: { ...headers },
      ...(body !== null && event.requestContext.http.method !== "HEAD" && { body }),
    };
    if ((result.body?.length ?? 0) < PAYLOAD_LIMIT / 2 || Buffer.byteLength(JSON.stringify(result)) <= PAYLOAD_LIMIT)
      return result;
    return { statusCode: 413, headers: { "Content-Type": "application/json" }, body: errorJson(TOO_LARGE) };
  };

const TOO_LARGE = new Failure("REQUEST_TOO_LARGE", {
  message: "The answer is too large: ask for less, with a lower _limit or size, or fewer fields.",
});
