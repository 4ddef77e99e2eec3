import type { APIGatewayProxyEventV2 } from "aws-lambda";
import type { Json } from "../../lib/json.ts";
import { readJson } from "./body.ts";

/** A request as API Gateway hands it over, or as a batch holds it. */
export interface HttpRequest {
  readonly method: string;
  /** As it was written: percent-encoded, with the version's prefix. */
  readonly path: string;
  /** What follows the question mark. */
  readonly query: string;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The body, read once; `undefined` when it is empty. Throws what is wrong with it. */
  readonly json: () => Json | undefined;
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html, payload format 2.0 */
export const toRequest = ({
  rawPath,
  rawQueryString,
  headers,
  body,
  isBase64Encoded,
  requestContext,
}: APIGatewayProxyEventV2): HttpRequest => {
  let read: { readonly json: Json | undefined } | { readonly error: unknown } | undefined;
  return {
    method: requestContext.http.method.toUpperCase(),
    path: rawPath,
    query: rawQueryString,
    headers,
    json: () => {
      read ??= attempt(() => readJson(body === undefined ? "" : isBase64Encoded ? Buffer.from(body, "base64") : body));
      if ("error" in read) throw read.error;
      return read.json;
    },
  };
};

const attempt = (read: () => Json | undefined): { readonly json: Json | undefined } | { readonly error: unknown } => {
  try {
    return { json: read() };
  } catch (error) {
    return { error };
  }
};

/** The media type of the body, without its parameters; one that is not stated is taken for JSON. */
export const mediaType = ({ headers }: Pick<HttpRequest, "headers">): string =>
  (headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase() || "application/json";
