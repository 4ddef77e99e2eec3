import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { Disposables } from "../lib/util/disposables.ts";
import { createGateway } from "../local/gateway.ts";
import { listenOnPort } from "../local/server.ts";
import type { Findings } from "./findings.ts";

/** An HTTP API of the template, on a port of this machine. */
export interface RunningApi {
  readonly id: string;
  /** `http://localhost:PORT` */
  readonly origin: string;
  /** ARNs of functions by the logical ids of integrations. */
  readonly integrations: Map<string, string>;
  /** Logical ids of integrations by route keys, such as `GET /search`. */
  readonly routes: Map<string, string>;
  limits: { readonly perSecond: number; readonly burst: number } | undefined;
  close(): Promise<void>;
}

interface ApiOptions {
  readonly id: string;
  readonly findings: Findings;
  /** Invokes a function for a route of the API. Rejects if the API may not. */
  readonly invoke: (arn: string, routeKey: string, event: unknown) => Promise<unknown>;
}

/** Starts an HTTP API. Its routes and limits are those of the template. */
export const startApi = async ({ id, findings, invoke }: ApiOptions): Promise<RunningApi> => {
  const disposables = new Disposables((error) => findings.add("gateway-error", id, String(error)));
  const server = await listenOnPort(0, disposables);
  const bucket = { tokens: Number.POSITIVE_INFINITY, at: Date.now() };
  const api: RunningApi = {
    id,
    origin: server.origin,
    integrations: new Map(),
    routes: new Map(),
    limits: undefined,
    close: () => disposables.dispose(),
  };

  /** Takes one request from the token bucket of the stage. */
  const isThrottled = (): boolean => {
    const { perSecond, burst } = api.limits ?? { perSecond: 10_000, burst: 5000 };
    const now = Date.now();
    bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.at) / 1000) * perSecond);
    bucket.at = now;
    if (bucket.tokens < 1) return true;
    bucket.tokens--;
    return false;
  };

  const handle = async (
    method: string,
    path: string,
    event: APIGatewayProxyEventV2,
  ): Promise<APIGatewayProxyStructuredResultV2> => {
    if (isThrottled()) return jsonAnswer(429, "Too Many Requests");
    const key = findRoute([...api.routes.keys()], method, path);
    const arn = key === undefined ? undefined : api.integrations.get(api.routes.get(key) ?? "");
    if (key === undefined || arn === undefined) return jsonAnswer(404, "Not Found");
    const routed = { ...event, routeKey: key, requestContext: { ...event.requestContext, apiId: id, routeKey: key } };
    return (await invoke(arn, key, routed)) as APIGatewayProxyStructuredResultV2;
  };

  server.serve(
    createGateway({ route: (method, path) => (event) => handle(method, path, event), page: async () => undefined }),
  );
  disposables.add(server.close);
  return api;
};

const jsonAnswer = (statusCode: number, message: string): APIGatewayProxyStructuredResultV2 => ({
  statusCode,
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify({ message }),
});

/**
 * Finds the route of a request: one without variables before one with them, one with the method before `ANY`, and `$default` at
 * the end.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
 */
export const findRoute = (keys: readonly string[], method: string, path: string): string | undefined => {
  const parts = path.split("/");
  const matching = keys.flatMap((key) => {
    const [verb = "", template = ""] = key.split(" ", 2);
    if (verb !== method && verb !== "ANY") return [];
    const names = template.split("/");
    const isGreedy = names.at(-1)?.endsWith("+}") ?? false;
    if (isGreedy ? parts.length < names.length : parts.length !== names.length) return [];
    const fits = names.every((name, index) => (name.startsWith("{") ? parts[index] !== "" : name === parts[index]));
    const variables = names.filter((name) => name.startsWith("{")).length;
    return fits ? [{ key, rank: variables + (isGreedy ? 100 : 0) + (verb === "ANY" ? 0.5 : 0) }] : [];
  });
  const [best] = matching.toSorted((a, b) => a.rank - b.rank);
  return best?.key ?? keys.find((key) => key === "$default");
};
