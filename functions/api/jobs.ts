import { Failure, invalid } from "../../core/errors.ts";
import { hasEnded, JOB_STATUSES, type Job, type JobEntry, type JobStatus } from "../../core/jobs/job.ts";
import { readListQuery } from "../../core/lists/list-query.ts";
import { denied } from "../../core/objects/access.ts";
import { flawAt } from "../../core/objects/body-flaws.ts";
import type { UserId } from "../../core/permissions/principals.ts";
import { type Answer, answer, NOT_CACHED } from "../http/answer.ts";
import type { HttpRequest } from "../http/request.ts";
import type { Call, Endpoint } from "./call.ts";
import { nextPage } from "./next-page.ts";
import { jobOperation, jobsOperation } from "./openapi/jobs.ts";
import { readToken, wrong } from "./token.ts";

/** Jobs on a page at most. */
const LARGEST_PAGE = 100;
const SCOPE = "GET /jobs";

/** The asker's jobs, newest first. */
const list = async (call: Call): Promise<Answer> => {
  const { api, request, session, user } = call;
  if (user === null) throw denied({ user });
  const query = readListQuery(new URLSearchParams(request.query), session.now, ["status"]);
  const status = readStatus(query);
  const place = query.token ? (await readToken(api.seal, scopeOf(status), query.token, session.now)).place : undefined;
  if (place !== undefined && !("time" in place)) throw wrong("_token has invalid content");
  const after = place && { created: place.time.last_modified, id: place.time.id };
  const limit = Math.min(query.limit ?? LARGEST_PAGE, LARGEST_PAGE);
  const { jobs, next } = await api.jobs.mine(user, { status, limit, after });
  const onward = await nextPage(
    call,
    scopeOf(status),
    limit,
    next && { time: { last_modified: next.created, id: next.id } },
  );
  return answer(200, JSON.stringify({ data: jobs.map(summary) }), { ...NOT_CACHED, ...onward });
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
export const jobsEndpoint: Endpoint = { GET: lister, HEAD: lister };

/** One job, for whoever asked for it. */
export const jobEndpoint = (id: string): Endpoint => {
  const reader = { run: (call: Call) => get(call, id), describe: jobOperation };
  return {
    GET: reader,
    HEAD: reader,
    DELETE: { run: inBatch, alone: (call) => cancel(call, id), describe: jobOperation },
  };
};

const get = async ({ api, request, user }: Call, id: string): Promise<Answer> => {
  const job = await owned(api.jobs.get, id, user);
  const body = wantsResults(request) ? whole(job, await api.jobs.entries(job)) : summary(job);
  return answer(200, JSON.stringify(body), NOT_CACHED);
};

const inBatch = async (): Promise<never> => {
  throw flawAt("requests", "A job can't be cancelled in a batch: it would stay so where the batch is undone.");
};

/** A queued job is cancelled at once (200); one that is worked on ends as soon as it hears of it (202); one that has ended otherwise stays so (409). */
const cancel = async ({ api, user }: Omit<Call, "session">, id: string): Promise<Answer> => {
  await owned(api.jobs.get, id, user);
  const job = await owned(api.jobs.cancel, id, user);
  if (hasEnded(job.status) && job.status !== "cancelled")
    throw new Failure("CONFLICT", { message: `The job has ended already: it has ${job.status}.` });
  return answer(job.status === "cancelled" ? 200 : 202, JSON.stringify(summary(job)));
};

/** The job, which must be the asker's. One that nobody in particular asked for is everybody's who knows its id. */
const owned = async (find: (id: string) => Promise<Job | undefined>, id: string, user: UserId): Promise<Job> => {
  const job = /^[0-9a-f-]{36}$/.test(id) ? await find(id) : undefined;
  if (job === undefined)
    throw new Failure("INVALID_RESOURCE_ID", { details: { id: id.slice(0, 100), resource_name: "job" } });
  if (job.user !== null && job.user !== user) throw denied({ user });
  return job;
};

const wantsResults = ({ query }: HttpRequest): boolean => {
  const given = new URLSearchParams(query).get("results") ?? "true";
  if (given !== "true" && given !== "false")
    throw invalid({ location: "querystring", name: "results", description: `results is true or false` });
  return given === "true";
};

/** What is told of a job in a list. Without what is not there. */
const summary = ({
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

const whole = (job: Job, entries: readonly JobEntry[]) => ({
  ...summary(job),
  params: job.params,
  result: job.result,
  entries,
});
