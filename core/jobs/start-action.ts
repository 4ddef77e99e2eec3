import type { JsonObject } from "../../lib/json.ts";
import { truncateText } from "../../lib/util/truncate-text.ts";
import { invalid } from "../errors.ts";
import { assertChainLength, type Provenance } from "../events/provenance.ts";
import { accessDenied } from "../objects/checks.ts";
import type { DataAccess } from "../objects/data-service.ts";
import type { StoreContext } from "../objects/store-context.ts";
import { coversObject } from "../permissions/areas.ts";
import type { JobStore } from "../ports/job-store.ts";
import type { Session } from "../store/session.ts";
import type { RunInTransaction } from "../store/transact.ts";
import { type Action, type ActionTarget, actionNotFound, findAction, readsOfTarget, supportsTarget } from "./action.ts";
import { createJob, draftJob, type JobRequest, requireSameParams } from "./create-job.ts";

/** The plugin that starts an action. */
export interface ActionCaller {
  readonly plugin: string;
  /** What it may access. An own action needs no permission. */
  readonly access: DataAccess;
}

export interface ActionStart {
  readonly action: Action;
  readonly uri: string | undefined;
  readonly params: JsonObject;
  readonly key: string | undefined;
  readonly provenance: Provenance | undefined;
}

export interface StartContext {
  readonly storeContext: StoreContext;
  readonly jobs: JobStore;
  /** Epoch ms. */
  readonly now: () => number;
  /** Runs the check of permissions. */
  readonly run: RunInTransaction;
  /** Whether `run` joins a transaction. The job is then created when that commits. */
  readonly isJoined: boolean;
}

/**
 * Starts an action for a plugin, as the user `plugin:<name>`. Returns the id of the job.
 * @throws Failure for invalid parameters, a missing object, or an action that the plugin may not start
 */
export const startAction = async (
  { storeContext, jobs, now, run, isJoined }: StartContext,
  caller: ActionCaller,
  { action, uri, params, key, provenance = {} }: ActionStart,
): Promise<string> => {
  assertChainLength(provenance);
  const target: ActionTarget | undefined = uri === undefined ? null : storeContext.resources.parseUri(uri);
  if (target === undefined)
    throw invalid({
      location: "path",
      name: "uri",
      description: `'${truncateText(uri ?? "", 100)}' is not the URI of an object`,
    });
  const [first, ...others] = (await action.validateParams(params)).map((issue) => ({
    location: "body" as const,
    ...issue,
  }));
  if (first !== undefined) throw invalid(first, ...others);
  const request: JobRequest = {
    plugin: action.plugin,
    name: action.name,
    uri: target?.uri ?? null,
    user: caller.access.user,
    params,
    provenance,
  };
  const plan = { ...readsOfTarget(target), writes: [] };
  const options = { limits: action.limits, key };
  if (!isJoined) {
    await run(plan, (session) => requirePermittedStart(storeContext, caller, session, { action, target }));
    return (await createJob({ jobs, now: now() }, request, options)).id;
  }
  return run(plan, async (session) => {
    await requirePermittedStart(storeContext, caller, session, { action, target });
    const job = draftJob(now(), request, options);
    const existing = key === undefined ? undefined : await jobs.get(job.id);
    if (existing === undefined) session.view.addToOutbox({ job });
    else requireSameParams(existing, params);
    return job.id;
  });
};

/** A plugin may start its own actions, and those of others with the permissions of its needs. */
const requirePermittedStart = async (
  storeContext: StoreContext,
  { plugin, access: { user, grants, areas } }: ActionCaller,
  session: Session,
  { action, target }: { readonly action: Action; readonly target: ActionTarget },
): Promise<void> => {
  if (action.plugin === plugin) {
    if (!supportsTarget(action, target)) throw actionNotFound(action.name);
    return;
  }
  if (target !== null && !coversObject(areas, target, false)) throw accessDenied({ user });
  const { name } = action;
  await findAction({ ...storeContext, grants, readHooks: undefined }, session, [action], { target, name, user });
};
