import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { toError } from "../../lib/util/to-error.ts";
import type { Findings } from "../findings.ts";
import type { Call } from "../iam/decide.ts";
import { type Caller, type Directory, describeCall } from "../iam/directory.ts";
import type { CheckedCall, ProxiedService, ServiceRequest, ServiceResponse } from "./service.ts";

/** Larger requests are refused. */
const MAX_BODY_BYTES = 64 * 1024 * 1024;

/** A running proxy. */
export interface Proxy {
  readonly endpoint: string;
  stop(): Promise<void>;
}

interface ProxyOptions {
  readonly directory: Directory;
  readonly findings: Findings;
  /** By the names in signatures, such as `dynamodb`. */
  readonly services: Readonly<Record<string, ProxiedService>>;
  /** Serves signed URLs of S3, which clients use. It checks their signatures. */
  readonly serveSignedUrl: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
}

/**
 * Starts the endpoint of all services for the functions. The key that signs a request names the role; a call that the role does
 * not allow is refused as the service would.
 */
export const startProxy = async (options: ProxyOptions): Promise<Proxy> => {
  const server = createServer((request, response) => {
    handleRequest(options, request, response).catch((error: unknown) => {
      options.findings.add(
        "proxy-error",
        String(request.headers["x-amz-target"] ?? request.url),
        toError(error).message,
      );
      if (response.headersSent) response.destroy();
      else response.writeHead(500).end();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    stop: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
};

const handleRequest = async (
  options: ProxyOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  const { pathname: path, searchParams: query } = new URL(`http://proxy${request.url ?? "/"}`);
  const { method = "GET", headers } = request;
  if (method === "OPTIONS") return options.serveSignedUrl(request, response);
  const signed = query.get("X-Amz-Credential");
  const credential = signed ?? /Credential=([^,\s]+)/.exec(headers.authorization ?? "")?.[1] ?? "";
  const [accessKeyId = "", , , name = ""] = credential.split("/");
  const caller = options.directory.findKey(accessKeyId)?.caller;
  const service = options.services[name];
  if (caller === undefined || service === undefined) {
    const message = `The request ${method} ${path} to the service '${name}' is not signed by a role of the template, or the rehearsal does not know the service.`;
    options.findings.add("unknown-call", caller?.name ?? accessKeyId, message);
    return send(response, { status: 403, headers: { "content-type": "text/plain" }, body: message });
  }
  const body = signed === null ? await readBody(request) : Buffer.alloc(0);
  const call: ServiceRequest = { method, path, query, headers, body };
  const refusal = refuse(options, caller, service, call);
  if (refusal !== undefined) {
    request.resume();
    return send(response, refusal);
  }
  if (signed !== null) return options.serveSignedUrl(request, response);
  const prepared = service.prepare?.(call) ?? call;
  const answer =
    typeof service.target === "string" ? await forward(service.target, prepared) : await service.target(prepared);
  reportFailure(options, caller, call, answer);
  const isAllowed = ({ policyArn, ...other }: CheckedCall) => options.directory.isAllowed(caller, other, policyArn);
  send(response, service.onResponse?.(call, answer, isAllowed) ?? answer);
};

/** Error codes that mean template and code disagree. */
const MISMATCH_CODES =
  /Validation|ResourceNotFound|NonExistent|DoesNotExist|NoSuchBucket|UnknownOperation|InvalidParameter|TopicNotFound/;

/** Makes an error of an engine that the template causes a finding. */
const reportFailure = (
  { findings }: ProxyOptions,
  caller: Caller,
  request: ServiceRequest,
  { status, body }: ServiceResponse,
): void => {
  if (status < 400) return;
  const text = String(body).slice(0, 2000);
  const [, code = ""] = /"__type"\s*:\s*"([^"]*)"|<Code>([^<]*)/.exec(text)?.filter((one) => one !== undefined) ?? [];
  if (!MISMATCH_CODES.test(code)) return;
  findings.add(
    "call-failed",
    caller.name,
    `${request.headers["x-amz-target"] ?? `${request.method} ${request.path}`}: ${text.slice(0, 400)}`,
  );
};

/** The service's refusal of a request that the caller may not make. */
const refuse = (
  { directory, findings }: ProxyOptions,
  caller: Caller,
  service: ProxiedService,
  request: ServiceRequest,
): ServiceResponse | undefined => {
  let calls: readonly CheckedCall[];
  try {
    calls = service.toCalls(request);
  } catch (error) {
    findings.add("unknown-call", caller.name, toError(error).message);
    return service.refuse(toError(error).message);
  }
  const refused = calls.find(({ policyArn, ...call }) => !directory.authorize(caller, call, policyArn));
  return refused && service.refuse(toMessage(caller, refused));
};

const toMessage = (caller: Caller, call: Call): string =>
  `User: ${"role" in caller ? caller.role.arn : caller.service} is not authorized to perform: ${describeCall(call)} because no policy allows it`;

const readBody = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) throw new RangeError(`The request has more than ${MAX_BODY_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
};

/** Headers of one connection, and those that `fetch` sets itself. */
const HOP_HEADERS: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "date",
  "expect",
  "host",
  "keep-alive",
  "transfer-encoding",
]);

const forward = async (
  target: string,
  { method, path, query, headers, body }: ServiceRequest,
): Promise<ServiceResponse> => {
  const passed = Object.entries(headers).filter(([name, value]) => !HOP_HEADERS.has(name) && typeof value === "string");
  const search = query.size === 0 ? "" : `?${query.toString()}`;
  const response = await fetch(`${target}${path}${search}`, {
    method,
    headers: Object.fromEntries(passed) as Record<string, string>,
    ...(method !== "GET" && method !== "HEAD" && { body: new Uint8Array(body) }),
  });
  const answered = [...response.headers].filter(([name]) => !HOP_HEADERS.has(name) && name !== "content-encoding");
  const length = method === "HEAD" ? response.headers.get("content-length") : null;
  return {
    status: response.status,
    headers: { ...Object.fromEntries(answered), ...(length !== null && { "content-length": length }) },
    body: Buffer.from(await response.arrayBuffer()),
  };
};

const send = (response: ServerResponse, { status, headers, body }: ServiceResponse): void => {
  response.writeHead(status, headers).end(body);
};
