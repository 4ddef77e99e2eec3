import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { type ApiApp, apiHandler } from "../functions/api/app.ts";

/** Returns a client that sends requests to one instance of the api function in the format of API Gateway. */
export const requestApi = (api: ApiApp) => {
  const handler = apiHandler(api);
  return {
    /** Sends a request. @param url absolute URL; its host is ignored */
    request: async (
      url: string,
      { method = "GET", headers = {}, body }: { method?: string; headers?: Record<string, string>; body?: string } = {},
    ) => {
      const { pathname, search } = new URL(url, "http://localhost");
      const event = {
        rawPath: decodeURIComponent(pathname),
        rawQueryString: search.slice(1),
        headers: {
          host: "localhost",
          ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
        },
        requestContext: { requestId: "test", http: { method } },
        ...(body !== undefined && { body }),
        isBase64Encoded: false,
      } as unknown as APIGatewayProxyEventV2;
      const { statusCode = 500, headers: responseHeaders = {}, body: text } = await handler(event);
      const hasNoBody = method === "HEAD" || [204, 304].includes(statusCode);
      return new Response(hasNoBody ? null : (text ?? ""), {
        status: statusCode,
        headers: responseHeaders as Record<string, string>,
      });
    },
  };
};
