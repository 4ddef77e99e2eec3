import { Failure, Refusal } from "../../core/errors.ts";
import { flawAt, notMapping, requireNoOthers } from "../../core/objects/body-flaws.ts";
import { shown } from "../../core/objects/draft.ts";
import type { UserId } from "../../core/permissions/principals.ts";
import type { Session } from "../../core/store/session.ts";
import { type Plan, transact } from "../../core/store/transact.ts";
import { isObject, type Json, type JsonObject } from "../../lib/json.ts";
import { type Answer, answer, isJson } from "../http/answer.ts";
import { decoded } from "../http/decoded.ts";
import { failed, isOurs } from "../http/failed.ts";
import { requireAccepted, requireType } from "../http/media-types.ts";
import { PREFIX } from "../http/prefix.ts";
import type { HttpRequest } from "../http/request.ts";
import type { Api } from "./app.ts";
import type { Call, Endpoint, Find, Located } from "./call.ts";
import { requireOrigin } from "./cors.ts";
import type { Pass, Passed } from "./filters.ts";
import { framed } from "./frame.ts";
import { locate, requireMethod } from "./locate.ts";
import { BATCH } from "./openapi/pages.ts";
import { plans } from "./plans.ts";
import { requireUtf8 } from "./require-utf8.ts";
import { withoutSlashes } from "./slashes.ts";

/** Several requests, one transaction: later ones see what earlier ones did, and a fault of the store's undoes all. */
export const batchEndpoint = (find: Find, pass: Pass): Endpoint => ({
  POST: { run: nested, alone: (call) => runBatch(call, find, pass), describe: () => BATCH },
});

/** A request of a batch, and what answers it. */
interface Part {
  /** As it was asked, its redirects followed. */
  readonly asked: HttpRequest;
  readonly user: UserId;
  /** Where it leads, or what a filter answered it. */
  readonly located: Located | Answer | Failure;
  readonly back: Passed["back"];
}

const nested = async (): Promise<never> => {
  throw refused(`Recursive call on /batch endpoint is forbidden.`);
};

const runBatch = async ({ api, request, user }: Omit<Call, "session">, find: Find, pass: Pass): Promise<Answer> => {
  requireType(request);
  const requests = readBatch(request, api.settings.batchMaxRequests);
  const told = requests.map(({ method, path }) => ({ method, path: path.slice(PREFIX.length) }));
  await api.reach("batch.pre", { user, requests: told });
  const users = new Map<string | undefined, UserId>([[request.headers.authorization, user]]);
  const parts: Part[] = [];
  for (const one of requests) {
    const { authorization } = one.headers;
    if (!users.has(authorization)) users.set(authorization, await api.identification.identify(authorization));
    const asker = users.get(authorization) ?? null;
    parts.push(await partOf(api, find, pass, redirected(one, find), asker));
  }
  const answers = await transact(api.transactions, planOf(parts), async (session) => {
    const answers: Answer[] = [];
    for (const part of parts) answers.push(await run(api, session, part));
    return answers;
  });
  const responses: string[] = [];
  for (const [place, { asked, back }] of parts.entries()) {
    responses.push(responseOf(asked, framed(api, asked, await back(answers[place] as Answer))));
  }
  await api.reach("batch.post", {
    user,
    requests: told.map((one, place) => ({ ...one, status: answers[place]?.status ?? 0 })),
  });
  return answer(200, `{"responses":[${responses.join(",")}]}`);
};

/** What all of them read and write, so that it is read at once. */
const planOf = (parts: readonly Part[]): Plan => ({
  ...plans(parts.flatMap(({ located }) => ("route" in located ? (located.route.plan?.(located.request) ?? []) : []))),
  members: [...new Set(parts.flatMap(({ user }) => user ?? []))],
});

/** What fails by the caller's fault changes nothing, and does not keep the others from being carried out. */
const run = async (api: Api, session: Session, { user, located }: Part): Promise<Answer> => {
  const undo = session.view.mark();
  try {
    if (located instanceof Failure) throw located;
    return "route" in located ? await located.route.run({ api, request: located.request, session, user }) : located;
  } catch (error) {
    if (!(error instanceof Failure) || (isOurs(error) && !(error instanceof Refusal))) throw error;
    undo();
    return failed(error, api.telling, undefined);
  }
};

/** A body that is no JSON is told as a text. */
const responseOf = ({ method, path }: HttpRequest, answered: Answer): string => {
  const { status, headers, body } = answered;
  const told = method === "HEAD" || body === null ? '""' : isJson(answered) ? body : JSON.stringify(body);
  return `{"status":${status},"path":${JSON.stringify(decoded(path))},"headers":${JSON.stringify(headers)},"body":${told}}`;
};

/** The request as it stands where its redirects lead. */
const redirected = (request: HttpRequest, find: Find): HttpRequest => {
  if (request.path === PREFIX) return { ...request, path: `${PREFIX}/` };
  return find(request.path) === undefined ? { ...request, path: withoutSlashes(request.path) } : request;
};

const partOf = async (api: Api, find: Find, pass: Pass, asked: HttpRequest, user: UserId): Promise<Part> => {
  const part = { asked, user, back: async (answer: Answer) => answer };
  const endpoint = await orFailure(async () => {
    requireUtf8(asked);
    const found = find(asked.path);
    if (found === undefined) throw new Failure("MISSING_RESOURCE");
    requireMethod(found, asked);
    requireAccepted(asked, api.types);
    requireOrigin(api, asked);
    return found;
  });
  if (endpoint instanceof Failure) return { ...part, located: endpoint };
  const { request, answered, back } = await pass(asked, user);
  return { ...part, back, located: answered ?? (await orFailure(() => locate(api, endpoint, request, user))) };
};

const orFailure = async <T>(attempt: () => Promise<T>): Promise<T | Failure> => {
  try {
    return await attempt();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
};

export const METHODS = ["GET", "HEAD", "DELETE", "TRACE", "POST", "PUT", "PATCH"];

const readBatch = (batch: HttpRequest, most: number): HttpRequest[] => {
  const given = batch.json();
  const body = given === undefined ? {} : given;
  if (!isObject(body)) throw flawAt("", Array.isArray(body) ? notMapping(body) : "Should be a JSON object or an array");
  const { defaults = {}, requests, ...others } = body;
  requireNoOthers("", others);
  const common = readSpec("defaults", defaults);
  if (requests === undefined || requests === null) throw flawAt("requests", "Required");
  if (!Array.isArray(requests)) throw flawAt("requests", `${shown(requests)} is not iterable`);
  const read = requests.map((spec, place) => {
    const name = `requests.${place}`;
    const { method, path, headers, body } = readSpec(
      name,
      isObject(spec) && isObject(defaults) ? withDefaults(spec, defaults) : spec,
    );
    // Kinto sends nothing for an empty body: what its Content-Type is, the headers say.
    const data = body === undefined || Object.keys(body).length === 0 ? undefined : body;
    const at = path ?? common.path;
    if (at === undefined) throw flawAt(`${name}.path`, "Required");
    const [way = "", query = ""] = split(at);
    const full = way.startsWith(PREFIX) ? way : `${PREFIX}${way}`;
    return {
      method: method ?? "GET",
      path: full,
      query,
      headers: { ...batch.headers, ...headers, ...(data !== undefined && { "content-type": "application/json" }) },
      json: () => data,
    };
  });
  if (read.length > most) throw refused(`Number of requests is limited to ${most}`);
  if (read.some(({ path }) => withoutSlashes(path) === `${PREFIX}/batch`))
    throw refused("Recursive call on /batch endpoint is forbidden.");
  return read;
};

interface Spec {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: JsonObject | undefined;
}

const readSpec = (name: string, spec: Json): Spec => {
  if (!isObject(spec)) throw flawAt(name, notMapping(spec));
  const { method, path, headers, body, ...others } = spec;
  requireNoOthers(name, others);
  if (method !== undefined && method !== null && (typeof method !== "string" || !METHODS.includes(method))) {
    throw flawAt(`${name}.method`, `${shown(method)} is not one of ${METHODS.join(", ")}`);
  }
  if (path !== undefined && typeof path !== "string")
    throw flawAt(`${name}.path`, path === null ? "Required" : `${shown(path)} is not a string`);
  if (path === "") throw flawAt(`${name}.path`, "Required");
  if (path !== undefined && !path.startsWith("/"))
    throw flawAt(`${name}.path`, "String does not match expected pattern");
  return {
    method: method ?? undefined,
    path,
    headers: headers === undefined ? {} : readHeaders(`${name}.headers`, headers),
    body: readObject(`${name}.body`, body),
  };
};

const readHeaders = (name: string, headers: Json): Record<string, string> => {
  if (!isObject(headers)) throw flawAt(name, notMapping(headers));
  return Object.fromEntries(
    Object.entries(headers).map(([header, value]) => {
      if (typeof value !== "string") throw flawAt(name, `${shown(headers)} contains non string value`);
      return [header.toLowerCase(), value];
    }),
  );
};

const readObject = (name: string, body: Json | undefined): JsonObject | undefined => {
  if (body !== undefined && !isObject(body)) throw flawAt(name, notMapping(body));
  return body;
};

/** What the defaults say and the request does not, also within `headers` and `body`. */
const withDefaults = (spec: JsonObject, defaults: JsonObject): JsonObject =>
  Object.fromEntries(
    [...new Set([...Object.keys(spec), ...Object.keys(defaults)])].map((key) => {
      const [own, common] = [spec[key], defaults[key]];
      if (!Object.hasOwn(spec, key)) return [key, common as Json];
      return [
        key,
        Object.hasOwn(defaults, key) && isObject(own) && isObject(common) ? withDefaults(own, common) : (own as Json),
      ];
    }),
  );

const split = (path: string): string[] => {
  const mark = path.indexOf("?");
  return mark === -1 ? [path] : [path.slice(0, mark), path.slice(mark + 1)];
};

const refused = (description: string): Failure => flawAt("requests", description);
