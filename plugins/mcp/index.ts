import { definePlugin, jsonResponse, type RouteRequest, type RouteResponse } from "@kintoun/kit";
import * as z from "zod";
import { createStoreClient } from "./store-client.ts";

const options = z
  .strictObject({
    /** Whether agents without credentials may connect. They see what everyone may read. */
    anonymous: z.boolean().default(false),
    /** Whether agents may only read. */
    readOnly: z.boolean().default(false),
  })
  .prefault({});

/** The version of this MCP server, which clients show. It changes with the tools. */
const SERVER_VERSION = "1";

/**
 * Lets agents use the store by Model Context Protocol, with the permissions of their credentials.
 * @example
 * mcp({ readOnly: true });
 */
export const mcp = definePlugin({
  name: "mcp",
  about: "Lets agents read and change records by Model Context Protocol.",
  url: "https://modelcontextprotocol.io",
  config: options,
  routes: {
    "POST /mcp": {
      about: "Answers a message of Model Context Protocol, over HTTP without sessions.",
      scoped: true,
      timeout: 25,
      responses: {
        200: "The response to a request.",
        202: "A notification was received.",
        401: "Credentials are missing.",
      },
      run: async (request, { config }) => answer(request, config),
    },
  },
});

const answer = async (
  request: RouteRequest<unknown>,
  { anonymous, readOnly }: z.output<typeof options>,
): Promise<RouteResponse> => {
  if (!anonymous) request.requireUser();
  const message = request.json();
  // The protocol has no batches since its version 2025-06-18. One would be one request for rate limits.
  if (Array.isArray(message)) return refuseBatch();
  // Loaded at the first message, so that no start becomes longer.
  const { answerMessage } = await import("./server.ts");
  const headers = new Headers();
  for (const name of PASSED_HEADERS) {
    const value = request.headers[name];
    if (value !== undefined) headers.set(name, value);
  }
  const response = await answerMessage(
    new Request("https://store.invalid/mcp", { method: "POST", headers }),
    message,
    createStoreClient(request),
    { version: SERVER_VERSION, readOnly },
  );
  const type = response.headers.get("content-type");
  return {
    status: response.status,
    headers: { "Cache-Control": "no-store", ...(type !== null && { "Content-Type": type }) },
    body: response.body === null ? null : await response.text(),
  };
};

/** Headers that the SDK checks. */
const PASSED_HEADERS = ["accept", "content-type", "mcp-protocol-version"] as const;

const refuseBatch = (): RouteResponse =>
  jsonResponse(
    {
      jsonrpc: "2.0",
      id: null,
      error: { code: -32600, message: "Send one message per request: batches are not supported." },
    },
    { status: 400 },
  );
