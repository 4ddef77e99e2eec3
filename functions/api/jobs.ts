import { invalid } from "../../core/errors.ts";
import { hasEnded, JOB_STATUSES, type Job, type JobEntry, type JobSummary, toJobFields } from "../../core/jobs/job.ts";
import { cancelJob, getJob, type JobCall, listJobs, retryJob } from "../../core/jobs/manage-jobs.ts";
import { readListQuery } from "../../core/lists/list-query.ts";
import { invalidBody } from "../../core/objects/draft.ts";
import type { JobFilter } from "../../core/ports/job-store.ts";
import { transact } from "../../core/store/transact.ts";
import type { HttpRequest } from "../http/request.ts";
import { type HttpResponse, httpResponse, NO_CACHE_HEADERS } from "../http/response.ts";
import { jobOperation, jobsOperation, retryOperation } from "./openapi/jobs.ts";
import { invalidToken, nextPageHeader, verifyPageToken } from "./paging.ts";
import type { ApiCall, ApiEndpoint } from "./routes.ts";

const MAX_PAGE_SIZE = 100;
const FILTER_FIELDS = ["status", "plugin", "action", "schedule", "user_id"] as const;
const MAX_FILTER_CHARS = 1000;

type Filters = Partial<Record<(typeof FILTER_FIELDS)[number], string>>;

/** The user's jobs, or for administrators those of all users, newest first. */
const list = async (call: ApiCall): Promise<HttpResponse> => {
  const { api, request, session } = call;
  const query = readListQuery(new URLSearchParams(request.query), session.now, FILTER_FIELDS);
  const filters = readFilters(query);
  const scope = `GET /jobs ${JSON.stringify(filters)}`;
  const cursor = query.token ? (await verifyPageToken(api.signer, scope, query.token, session.now)).cursor : undefined;
  if (cursor !== undefined && cursor.time === undefined) throw invalidToken("_token has invalid content");
  const after = cursor?.time && { created: cursor.time.last_modified, id: cursor.time.id };
  const limit = Math.min(query.limit ?? MAX_PAGE_SIZE, MAX_PAGE_SIZE);
  const filter = toJobFilter(filters);
  const { jobs, next } = await listJobs(api.jobManager, call, { owner: filters.user_id, filter, limit, after });
  const page = await nextPageHeader(call, scope, limit, next && { time: { last_modified: next.created, id: next.id } });
  return httpResponse(200, JSON.stringify({ data: jobs.map(summarize) }), { ...NO_CACHE_HEADERS, ...page });
};

/** Reads filters such as `status=failed`. Each field can be compared with one value. */
const readFilters = ({ filters }: ReturnType<typeof readListQuery>): Filters => {
  const values = new Map<string, string>();
  for (const { field, comparison, value } of filters) {
    const text = String(value);
    const isKnown = field !== "status" || JOB_STATUSES.some((status) => status === text);
    if (comparison !== "eq" || values.has(field) || !isKnown || text.length > MAX_FILTER_CHARS)
      throw invalid({
        location: "querystring",
        name: field,
        description:
          field === "status"
            ? `Jobs can be filtered by one status: ${JOB_STATUSES.join(", ")}`
            : `Jobs can be filtered by one value of ${FILTER_FIELDS.join(", ")}, for example plugin=reports`,
      });
    values.set(field, text);
  }
  const { action, schedule } = Object.fromEntries(values) as Filters;
  if (action !== undefined && schedule !== undefined)
    throw invalid({
      location: "querystring",
      name: "schedule",
      description: "A job has an action or a schedule. Filter by one of them.",
    });
  return Object.fromEntries(values);
};

const toJobFilter = ({ status, plugin, action, schedule }: Filters): JobFilter => {
  const name = action ?? schedule;
  return {
    status: JOB_STATUSES.find((one) => one === status),
    plugin,
    ...(name !== undefined && { name, kind: action === undefined ? "schedule" : "action" }),
  };
};

const lister = { run: list, describe: jobsOperation };
export const jobsEndpoint: ApiEndpoint = { GET: lister, HEAD: lister };

/** One job. */
export const jobEndpoint = (id: string): ApiEndpoint => {
  const reader = { run: (call: ApiCall) => get(call, id), describe: jobOperation };
  return {
    GET: reader,
    HEAD: reader,
    DELETE: { run: rejectInBatch, runAlone: (call) => cancel(call, id), describe: jobOperation },
  };
};

/** The retry of a job. */
export const jobRetryEndpoint = (id: string): ApiEndpoint => ({
  POST: { run: rejectInBatch, runAlone: (call) => retry(call, id), describe: retryOperation },
});

const get = async (call: ApiCall, id: string): Promise<HttpResponse> => {
  const { api, request } = call;
  const job = await getJob(api.jobManager, call, id);
  const body = readResultsOption(request) ? toFullJob(job, await api.jobs.entries(job)) : summarize(job);
  return httpResponse(200, JSON.stringify(body), NO_CACHE_HEADERS);
};

const rejectInBatch = async (): Promise<never> => {
  throw invalidBody("requests", "A job cannot be cancelled or retried in a batch, because that cannot be rolled back.");
};

/** 200 for a queued job, which is cancelled; 202 for a running one, which is asked to stop. */
const cancel = async (call: Omit<ApiCall, "session">, id: string): Promise<HttpResponse> => {
  const job = await changeJob(call, (session) => cancelJob(call.api.jobManager, session, id));
  return httpResponse(job.status === "cancelled" ? 200 : 202, JSON.stringify(summarize(job)));
};

const retry = async (call: Omit<ApiCall, "session">, id: string): Promise<HttpResponse> => {
  const { jobManager, transactions } = call.api;
  const job = await changeJob(call, (session) => retryJob(jobManager, session, { id, now: transactions.now() }));
  return httpResponse(202, JSON.stringify(summarize(job)));
};

/** Jobs are changed outside of the transaction, which only reads permissions. */
const changeJob = ({ api, user }: Omit<ApiCall, "session">, change: (call: JobCall) => Promise<Job>): Promise<Job> => {
  const plan = { objects: [], clocks: [], writes: [], members: user === null ? [] : [user] };
  return transact(api.transactions, plan, (session) => change({ session, user }));
};

const readResultsOption = ({ query }: HttpRequest): boolean => {
  const value = new URLSearchParams(query).get("results") ?? "true";
  if (value !== "true" && value !== "false")
    throw invalid({ location: "querystring", name: "results", description: `results is true or false` });
  return value === "true";
};

/** A job as lists contain it. */
const summarize = (job: JobSummary) => ({
  ...toJobFields(job),
  ...(job.cancelling && !hasEnded(job.status) && { cancelling: true }),
});

const toFullJob = (job: Job, entries: readonly JobEntry[]) => ({
  ...summarize(job),
  params: job.params,
  result: job.result,
  entries,
});
