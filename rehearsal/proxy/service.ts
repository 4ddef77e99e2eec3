import type { IncomingHttpHeaders } from "node:http";
import type { Call } from "../iam/decide.ts";

/** A request of a function to a service of AWS. */
export interface ServiceRequest {
  readonly method: string;
  /** Percent-encoded, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface ServiceResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | string;
}

/** A call, and the ARN whose policy applies if it is not that of the call's resource. */
export type CheckedCall = Call & { readonly policyArn?: string };

/** How the proxy checks and serves the requests to one service. */
export interface ProxiedService {
  /** What a request does. Throws for operations that the rehearsal does not know. */
  readonly toCalls: (request: ServiceRequest) => readonly CheckedCall[];
  /** The service's own answer to a call that is not allowed. */
  readonly refuse: (message: string) => ServiceResponse;
  /** URL of the engine, or the service itself. */
  readonly target: string | ((request: ServiceRequest) => Promise<ServiceResponse>);
  /** Changes an allowed request for the engine. */
  readonly prepare?: (request: ServiceRequest) => ServiceRequest;
  /** Sees each answer. May replace it. @param isAllowed whether the caller may make another call */
  readonly onResponse?: (
    request: ServiceRequest,
    response: ServiceResponse,
    isAllowed: (call: CheckedCall) => boolean,
  ) => ServiceResponse;
}

/** The operation that a request names, such as `PutItem`. */
export const operationOf = ({ headers }: ServiceRequest): string =>
  String(headers["x-amz-target"] ?? "")
    .split(".")
    .at(-1) ?? "";

export const jsonOf = ({ body }: ServiceRequest): Readonly<Record<string, unknown>> => {
  const value: unknown = JSON.parse(body.toString("utf8") || "{}");
  return typeof value === "object" && value !== null ? { ...value } : {};
};

export const jsonResponse = (
  status: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): ServiceResponse => ({
  status,
  headers: { "content-type": "application/x-amz-json-1.0", ...headers },
  body: JSON.stringify(body),
});
