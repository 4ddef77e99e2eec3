import { Failure } from "../errors.ts";
import { accessDenied } from "../objects/checks.ts";
import type { StoreContext } from "../objects/store-context.ts";
import { type Authorizer, createAuthorizer } from "../permissions/authorizer.ts";
import type { Permission } from "../permissions/inheritance.ts";
import { isPlugin, type UserId } from "../permissions/principals.ts";
import { currentScope, narrowScope } from "../permissions/scope.ts";
import type { JobFilter, JobPage, JobQuery, JobStore } from "../ports/job-store.ts";
import type { Session } from "../store/session.ts";
import { type Action, type ActionTarget, findAction } from "./action.ts";
import { toExpires } from "./create-job.ts";
import { hasEnded, type Job, type WorkLimits } from "./job.ts";

/** What jobs are listed and changed with. */
export interface JobManager {
  readonly jobs: JobStore;
  readonly storeContext: StoreContext;
  readonly actions: readonly Action[];
  /** Names of the plugins whose jobs can be listed. */
  readonly plugins: readonly string[];
  /** Returns the limits of a job; `undefined` when its plugin no longer has its action or schedule. */
  readonly findLimits: (job: Pick<Job, "plugin" | "kind" | "name">) => WorkLimits | undefined;
  /** Principals that may read the jobs of all users. */
  readonly readers: readonly string[];
  /** Principals that may read, cancel and retry the jobs of all users. */
  readonly writers: readonly string[];
}

/** A request about jobs. */
export interface JobCall {
  readonly session: Session;
  readonly user: UserId;
}

/**
 * Lists jobs, newest first: those of all users for a user who may read them, else the user's own. Throws when the user
 * may not read the jobs of `owner`.
 */
export const listJobs = async (
  { jobs, plugins, ...manager }: JobManager,
  { session, user }: JobCall,
  { owner, filter = {}, ...page }: Omit<JobQuery, "of"> & { readonly owner?: string | undefined },
): Promise<JobPage> => {
  const readsAll = await canReadAll(manager, await toAuthorizer(manager, session, user));
  const listed = owner ?? (readsAll ? undefined : user);
  if (listed === null || (listed !== undefined && listed !== user && !readsAll)) throw accessDenied({ user });
  const found = await jobs.list({ ...page, ...toJobSelection(plugins, filter, listed) });
  return { ...found, jobs: found.jobs.filter((job) => isInScope(manager, job)) };
};

/**
 * Returns where jobs are listed. Jobs that plugins started are listed under the plugin that runs them.
 * @param plugins names of the plugins that have jobs; others are only listed if the filter names them
 */
export const toJobSelection = (
  plugins: readonly string[],
  filter: JobFilter,
  user: string | undefined,
): Pick<JobQuery, "of" | "filter"> =>
  user === undefined || isPlugin(user)
    ? { of: { plugins: filter.plugin === undefined ? plugins : [filter.plugin] }, filter: { ...filter, user } }
    : { of: { user }, filter };

/** Returns a job. Throws when it does not exist or the user may not read it. */
export const getJob = async (manager: JobManager, { session, user }: JobCall, id: string): Promise<Job> => {
  const job = await requireJob(manager, id);
  if (isVisible(manager, job, user) || (await canReadAll(manager, await toAuthorizer(manager, session, user))))
    return job;
  throw accessDenied({ user });
};

/**
 * Cancels a queued job, or asks a running one to stop. Throws when the user may not change it, or with a 409 when it
 * has ended otherwise.
 */
export const cancelJob = async (manager: JobManager, { session, user }: JobCall, id: string): Promise<Job> => {
  const job = await requireJob(manager, id);
  if (!isVisible(manager, job, user)) await requireWriter(manager, session, user);
  const cancelled = await manager.jobs.cancel(id);
  if (cancelled === undefined) throw jobNotFound(id);
  if (hasEnded(cancelled.status) && cancelled.status !== "cancelled")
    throw new Failure("CONFLICT", { message: `The job has already ${cancelled.status}.` });
  return cancelled;
};

/**
 * Queues a failed or cancelled job again, as the user who started it. Its owner must still be allowed to start the
 * action. Throws with a 409 when the job has another status, or when its plugin no longer has the action or schedule.
 * @param now epoch ms
 */
export const retryJob = async (
  manager: JobManager,
  { session, user }: JobCall,
  { id, now }: { readonly id: string; readonly now: number },
): Promise<Job> => {
  const job = await requireJob(manager, id);
  if (!(await canWriteAll(manager, await toAuthorizer(manager, session, user)))) {
    if (!isVisible(manager, job, user)) throw accessDenied({ user });
    await narrowScope(job.scope ?? [], () => requireAction(manager, session, job));
  }
  return retryStoredJob(manager, job, now);
};

/**
 * Queues a failed or cancelled job again. Throws with a 409 when it has another status, or when its plugin no longer
 * has the action or schedule.
 * @param now epoch ms
 */
export const retryStoredJob = async (
  { jobs, findLimits }: Pick<JobManager, "jobs" | "findLimits">,
  job: Job,
  now: number,
): Promise<Job> => {
  const limits = findLimits(job);
  if (limits === undefined)
    throw new Failure("CONFLICT", {
      message: `The plugin '${job.plugin}' no longer has the ${job.kind} '${job.name}'.`,
    });
  const outcome = await jobs.retry(job.id, toExpires(now, { ...limits, expiry: job.expiry }));
  if (outcome === undefined) throw jobNotFound(job.id);
  if (!outcome.retried)
    throw new Failure("CONFLICT", {
      message: `Only a failed or cancelled job can be retried, and this one is ${outcome.job.status}.`,
    });
  return outcome.job;
};

/** Requires that the owner of a job may start its action. */
const requireAction = async (manager: JobManager, session: Session, { kind, name, uri, user }: Job): Promise<void> => {
  const { storeContext, actions } = manager;
  const target: ActionTarget | undefined = uri === null ? null : storeContext.resources.parseUri(uri);
  if (kind !== "action" || target === undefined) throw accessDenied({ user });
  await findAction(storeContext, session, actions, { target, name, user });
};

const toAuthorizer = ({ storeContext }: Pick<JobManager, "storeContext">, session: Session, user: UserId) =>
  createAuthorizer(session, storeContext.grants, user);

const canReadAll = ({ readers, writers }: Pick<JobManager, "readers" | "writers">, authorizer: Authorizer) =>
  authorizer.hasAnyOnServer([...readers, ...writers]);

const canWriteAll = ({ writers }: JobManager, authorizer: Authorizer) => authorizer.hasAnyOnServer(writers);

const requireWriter = async (manager: JobManager, session: Session, user: UserId): Promise<void> => {
  if (!(await canWriteAll(manager, await toAuthorizer(manager, session, user)))) throw accessDenied({ user });
};

/** A job of an anonymous user belongs to any user who knows its id. */
const isOwner = (job: Job, user: UserId): boolean => job.user === null || job.user === user;

/** Whether a job is the user's own and within the scope of the request. */
const isVisible = (manager: JobManager, job: Job, user: UserId): boolean =>
  isOwner(job, user) && isInScope(manager, job);

/** Whether the scope of the request allows starting the action of a job, so that it shows no more than the action does. */
const isInScope = (
  { storeContext, actions }: Pick<JobManager, "storeContext" | "actions">,
  { kind, plugin, name, uri }: Pick<Job, "kind" | "plugin" | "name" | "uri">,
): boolean => {
  const scope = currentScope();
  if (scope === undefined) return true;
  const target = uri === null ? undefined : storeContext.resources.parseUri(uri);
  const action = actions.find((one) => one.plugin === plugin && one.name === name);
  if (kind !== "action" || target === undefined || action === undefined) return false;
  return scope.allows(action.permission as Permission, target);
};

const requireJob = async ({ jobs }: JobManager, id: string): Promise<Job> => {
  const job = isJobId(id) ? await jobs.get(id) : undefined;
  if (job === undefined) throw jobNotFound(id);
  return job;
};

/** Whether a text has the form of a job's id. */
export const isJobId = (id: string): boolean => /^[0-9a-f-]{36}$/.test(id);

const jobNotFound = (id: string): Failure =>
  new Failure("INVALID_RESOURCE_ID", { details: { id: id.slice(0, 100), resource_name: "job" } });
