import { Failure, invalid } from "../../core/errors.ts";
import { hasEnded, JOB_STATUSES, type Job, type JobEntry, type JobStatus } from "../../core/jobs/job.ts";
import { readListQuery } from "../../core/lists/list-query.ts";
import { accessDenied } from "../../core/objects/checks.ts";
import { invalidBody } from "../../core/objects/draft.ts";
import type { UserId } from "../../core/permissions/principals.ts";
import type { HttpRequest } from "../http/request.ts";
import { type HttpResponse, httpResponse, NO_CACHE_HEADERS } from "../http/response.ts";
import { jobOperation, jobsOperation } from "./openapi/jobs.ts";
import { invalidToken, nextPageHeader, verifyPageToken } from "./paging.ts";
import type { ApiCall, ApiEndpoint } from "./routes.ts";

const MAX_PAGE_SIZE = 100;
const SCOPE = "GET /jobs";

/** The user's jobs, newest first. */
const list = async (call: ApiCall): Promise<HttpResponse> => {
  const { api, request, session, user } = call;
  if (user === null) throw accessDenied({ user });
  const query = readListQuery(new URLSearchParams(request.query), session.now, ["status"]);
  const status = readStatus(query);
  const cursor = query.token
    ? (await verifyPageToken(api.signer, scopeOf(status), query.token, session.now)).cursor
    : undefined;
  if (cursor !== undefined && !("time" in cursor)) throw invalidToken("_token has invalid content");
  const after = cursor && { created: cursor.time.last_modified, id: cursor.time.id };
  const limit = Math.min(query.limit ?? MAX_PAGE_SIZE, MAX_PAGE_SIZE);
  const { jobs, next } = await api.jobs.listByUser(user, { status, limit, after });
  const page = await nextPageHeader(
    call,
    scopeOf(status),
    limit,
    next && { time: { last_modified: next.created, id: next.id } },
  );
  return httpResponse(200, JSON.stringify({ data: jobs.map(summarize) }), { ...NO_CACHE_HEADERS, ...page });
};

const scopeOf = (status: JobStatus | undefined): string => `${SCOPE} ${status ?? ""}`;

const readStatus = ({ filters }: ReturnType<typeof readListQuery>): JobStatus | undefined => {
  const [filter, ...others] = filters;
  if (filter === undefined) return undefined;
  const known = JOB_STATUSES.find((status) => status === filter.value);
  if (known !== undefined && filter.field === "status" && filter.comparison === "eq" && others.length === 0)
    return known;
  throw invalid({
    location: "querystring",
    name: "status",
    description: `Jobs can be filtered by one status: ${JOB_STATUSES.join(", ")}`,
  });
};

const lister = { run: list, describe: jobsOperation };
export const jobsEndpoint: ApiEndpoint = { GET: lister, HEAD: lister };

/** One job of the user's. */
export const jobEndpoint = (id: string): ApiEndpoint => {
  const reader = { run: (call: ApiCall) => get(call, id), describe: jobOperation };
  return {
    GET: reader,
    HEAD: reader,
    DELETE: { run: rejectInBatch, runAlone: (call) => cancel(call, id), describe: jobOperation },
  };
};

const get = async ({ api, request, user }: ApiCall, id: string): Promise<HttpResponse> => {
  const job = await requireOwnJob(api.jobs.get, id, user);
  const body = readResultsOption(request) ? toFullJob(job, await api.jobs.entries(job)) : summarize(job);
  return httpResponse(200, JSON.stringify(body), NO_CACHE_HEADERS);
};

const rejectInBatch = async (): Promise<never> => {
  throw invalidBody("requests", "A job cannot be cancelled in a batch, because a cancellation cannot be rolled back.");
};

/** Cancels a queued job (200), or asks a running one to stop (202). Throws a 409 if the job has ended otherwise. */
const cancel = async ({ api, user }: Omit<ApiCall, "session">, id: string): Promise<HttpResponse> => {
  await requireOwnJob(api.jobs.get, id, user);
  const job = await requireOwnJob(api.jobs.cancel, id, user);
  if (hasEnded(job.status) && job.status !== "cancelled")
    throw new Failure("CONFLICT", { message: `The job has already ${job.status}.` });
  return httpResponse(job.status === "cancelled" ? 200 : 202, JSON.stringify(summarize(job)));
};

/** Finds a job of the user's. A job of an anonymous user belongs to any user who knows its id. */
const requireOwnJob = async (
  find: (id: string) => Promise<Job | undefined>,
  id: string,
  user: UserId,
): Promise<Job> => {
  const job = /^[0-9a-f-]{36}$/.test(id) ? await find(id) : undefined;
  if (job === undefined)
    throw new Failure("INVALID_RESOURCE_ID", { details: { id: id.slice(0, 100), resource_name: "job" } });
  if (job.user !== null && job.user !== user) throw accessDenied({ user });
  return job;
};

const readResultsOption = ({ query }: HttpRequest): boolean => {
  const value = new URLSearchParams(query).get("results") ?? "true";
  if (value !== "true" && value !== "false")
    throw invalid({ location: "querystring", name: "results", description: `results is true or false` });
  return value === "true";
};

/** A job as lists contain it. */
const summarize = ({
  id,
  plugin,
  kind,
  name,
  uri,
  user,
  status,
  cancelling,
  created,
  started,
  ended,
  attempt,
  error,
}: Job) => ({
  id,
  plugin,
  [kind]: name,
  uri,
  user_id: user,
  status,
  ...(cancelling && !hasEnded(status) && { cancelling }),
  created,
  started,
  ended,
  attempt,
  error,
});

const toFullJob = (job: Job, entries: readonly JobEntry[]) => ({
  ...summarize(job),
  params: job.params,
  result: job.result,
  entries,
});
