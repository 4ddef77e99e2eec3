import type { HttpHandler } from "../functions/http/lambda.ts";
import { AUTHORIZATION } from "./cases.ts";

/** Asks the api's handler itself, with no server between; throws where it answers a failure. */
export const asking = (handler: HttpHandler) => async (method: string, path: string, body?: string) => {
  const { statusCode = 500 } = await handler({
    rawPath: `/v1${path}`,
    rawQueryString: "",
    headers: { host: "localhost", ...AUTHORIZATION },
    requestContext: { requestId: "bench", http: { method } },
    ...(body !== undefined && { body }),
    isBase64Encoded: false,
  } as unknown as Parameters<HttpHandler>[0]);
  if (statusCode >= 400) throw new Error(`${method} ${path} was answered by ${statusCode}`);
};
