import { Failure, invalid } from "../errors.ts";
import type { StoreContext } from "../objects/store-context.ts";
import type { UserId } from "../permissions/principals.ts";
import type { StoredObject } from "../ports/store.ts";
import type { Version, VersionedBucket, VersionKey, Versions } from "../ports/versions.ts";
import { ancestors, listRef, type ObjectRef, objectRef, type Resource } from "../resources.ts";
import { ReadBudget } from "../store/read-budget.ts";
import type { RunInTransaction } from "../store/transact.ts";
import { generationOf, readsOf } from "../store/view.ts";
import { versionedBucket } from "./create-versions.ts";
import { findPastObject } from "./find-past-object.ts";
import type { Past } from "./past.ts";
import { walkEndedGeneration } from "./read-ended-generation.ts";
import { findRevertAction, revertObject, revertPlan } from "./revert-object.ts";
import { createRevertReport, type RevertReport } from "./revert-report.ts";
import { createVersionWalk } from "./version-walk.ts";

export interface RevertRequest {
  /** The object that is set back, with all that is in it. */
  readonly target: ObjectRef;
  /** The user whose permissions count. */
  readonly user: UserId;
  /** The time in ms to go back to. */
  readonly at: number;
  /** Sets back only objects that no other user has changed since. */
  readonly by?: string | undefined;
  /** Changes nothing. */
  readonly dryRun: boolean;
}

/** How far a revert is. */
export interface RevertProgress {
  /** The depth of the objects that are set back now. What contains others is set back before them. */
  readonly depth: number;
  /** The last version that is done. */
  readonly after?: VersionKey | undefined;
  /** The newest revision when the work began: what it does itself is not set back. */
  readonly until: number;
  readonly report: RevertReport;
}

export interface RevertContext {
  readonly storeContext: StoreContext;
  readonly versions: Versions;
  readonly run: RunInTransaction;
}

/** Versions of one object that are looked through for their authors. */
const MAX_AUTHORS = 1000;
/** Objects between two saves of the progress. */
const OBJECTS_PER_SAVE = 20;

/**
 * Makes objects what they were at a time, each in a transaction of its own. Can be interrupted after each call of `save`,
 * and continued from what it saved. Objects that cannot be set back are reported.
 */
export const revert = async (
  context: RevertContext,
  request: RevertRequest,
  start: RevertProgress | undefined,
  save: (progress: RevertProgress) => Promise<void>,
): Promise<RevertReport> => {
  const { versions, storeContext } = context;
  const { target, at } = request;
  const { bucket, now } = await findBucket(context, target);
  const until =
    start?.until ?? (await versions.list(bucket, { descending: true, limit: 1 })).versions[0]?.revision ?? 0;
  const newest = Math.max(now, until);
  if (start === undefined && at > newest)
    throw invalid({
      location: "body",
      name: "at",
      description: `${at} is in the future: the newest time is ${newest}.`,
    });
  const report = createRevertReport(start?.report);
  let { depth, after }: Pick<RevertProgress, "depth" | "after"> = start ?? { depth: depthOf(target), after: undefined };
  const maxDepth = depth + heightOf(target.list.resource);
  const saveNow = () => save({ depth, after, until, report: report.get() });

  for (; depth <= maxDepth; [depth, after] = [depth + 1, undefined]) {
    const budget = new ReadBudget(Number.POSITIVE_INFINITY, () => 0);
    const filters =
      target.list.resource.children.length > 0 ? [] : [{ field: "uri", comparison: "eq" as const, value: target.uri }];
    const query = {
      filters,
      sorts: [{ field: "last_modified", descending: false }],
      since: at,
      before: until + 1,
      budget,
    };
    let count = 0;
    for await (const page of createVersionWalk(storeContext.resources, versions, bucket, query).pages(after)) {
      for (const version of page.versions) {
        const ref = isWithin(target, version.uri) ? storeContext.resources.parseUri(version.uri) : undefined;
        if (ref !== undefined && depthOf(ref) === depth)
          await revertVersion(context, request, bucket, ref, version, report);
        if (ref !== undefined && depthOf(ref) === depth - 1 && version.action === "delete")
          await restoreContent(context, request, bucket, ref, version, report, saveNow);
        after = { revision: version.revision, uri: version.uri };
        if (ref !== undefined && ++count % OBJECTS_PER_SAVE === 0) await saveNow();
      }
      await saveNow();
    }
  }
  return report.get();
};

const depthOf = (ref: ObjectRef): number => ancestors(ref).length;
/** The number of levels below the objects of a resource. */
const heightOf = ({ children }: Resource): number => Math.max(-1, ...children.map((child) => heightOf(child))) + 1;

const isWithin = (target: ObjectRef, uri: string): boolean => uri === target.uri || uri.startsWith(`${target.uri}/`);

const findBucket = (
  { run }: RevertContext,
  target: ObjectRef,
): Promise<{ readonly bucket: VersionedBucket; readonly now: number }> =>
  run({ ...readsOf(target), writes: [] }, async ({ view, now }) => {
    const bucket = versionedBucket(view, target);
    if (bucket === undefined) throw new Failure("MISSING_RESOURCE");
    return { bucket, now };
  });

/** Sets back the object of a version, if that is its first one since the time. */
const revertVersion = async (
  context: RevertContext,
  request: RevertRequest,
  bucket: VersionedBucket,
  ref: ObjectRef,
  version: Version,
  report: ReturnType<typeof createRevertReport>,
): Promise<void> => {
  // A later version belongs to an object that is done, unless an earlier one is not kept: that is found as a gap.
  const isLater = version.replaced.revision > request.at;
  if (isLater && (await isKept(context.versions, bucket, version))) return;
  await setBack(context, request, bucket, ref, (past, view) => findPastObject(past, view, ref), report);
};

const isKept = async (versions: Versions, bucket: VersionedBucket, { uri, replaced }: Version): Promise<boolean> =>
  (await versions.get(bucket, [{ uri, revision: replaced.revision }])).versions.length > 0;

/** Restores the objects in an object that was deleted since, as they were. */
const restoreContent = async (
  context: RevertContext,
  request: RevertRequest,
  bucket: VersionedBucket,
  parent: ObjectRef,
  { ownGeneration, user: deletedBy }: Version,
  report: ReturnType<typeof createRevertReport>,
  save: () => Promise<void>,
): Promise<void> => {
  if (request.by !== undefined && deletedBy !== request.by) return;
  // Also what others have changed in it since would be lost otherwise.
  const all = { ...request, by: undefined };
  const past = toPast(context, request, bucket);
  const was = await context.run({ ...readsOf(parent), writes: [] }, ({ view }) => findPastObject(past, view, parent));
  if (was === undefined || ownGeneration === undefined || generationOf(was) !== ownGeneration) return;
  for (const resource of parent.list.resource.children) {
    const list = listRef(resource, parent);
    try {
      for await (const part of walkEndedGeneration(past, list, ownGeneration)) {
        for (const [id, object] of part)
          if (!object.deleted) await setBack(context, all, bucket, objectRef(list, id), async () => object, report);
        await save();
      }
    } catch (error) {
      skipRefused(error, list.uri, report);
    }
  }
};

const toPast = ({ versions }: RevertContext, { at }: RevertRequest, bucket: VersionedBucket): Past => ({
  versions,
  bucket,
  at,
  budget: new ReadBudget(Number.POSITIVE_INFINITY, () => 0),
});

const setBack = async (
  context: RevertContext,
  request: RevertRequest,
  bucket: VersionedBucket,
  ref: ObjectRef,
  findWas: (past: Past, view: Parameters<typeof findPastObject>[1]) => Promise<StoredObject | undefined>,
  report: ReturnType<typeof createRevertReport>,
): Promise<void> => {
  const { user, dryRun } = request;
  if (report.has(ref.uri)) return;
  try {
    const action = await context.run(revertPlan(ref), async (session) => {
      const view = await session.read(revertPlan(ref));
      // What contained it was created since, and is gone. A dry run has not restored what contained it.
      const isParentGone = ancestors(ref).some((parent) => view.object(parent) === undefined);
      if (isParentGone && !dryRun) return undefined;
      const was = await findWas(toPast(context, request, bucket), view);
      const found = findRevertAction(view.object(ref), was);
      if (found === undefined) return undefined;
      const authors = request.by === undefined ? undefined : await findAuthors(context.versions, request, bucket, ref);
      if (authors !== undefined && !authors.has(request.by)) return undefined;
      if (authors !== undefined && authors.size > 1) return "skip" as const;
      if (!dryRun) await revertObject(context.storeContext, session, { ref, user, was, action: found });
      return found;
    });
    if (action === "skip") report.skip(ref.uri, "Others have changed it since.");
    else if (action !== undefined) report.add(ref.uri, action);
  } catch (error) {
    skipRefused(error, ref.uri, report);
  }
};

/** Reports what cannot be set back. Rethrows errors that another attempt may not have. */
const skipRefused = (error: unknown, uri: string, report: ReturnType<typeof createRevertReport>): void => {
  if (!(error instanceof Failure) || error.kind === "BACKEND" || error.kind === "UNDEFINED") throw error;
  report.skip(uri, error.message);
};

/** Returns who has changed an object since, with `undefined` for others that were not looked up. */
const findAuthors = async (
  versions: Versions,
  { at }: RevertRequest,
  bucket: VersionedBucket,
  ref: ObjectRef,
): Promise<ReadonlySet<string | undefined>> => {
  const { found, hasMore } = await versions.find(bucket, { list: ref.list.uri, id: ref.id }, { limit: MAX_AUTHORS });
  const read = await versions.get(
    bucket,
    found.filter(({ revision }) => revision > at),
  );
  return new Set([...read.versions.map(({ user }) => user), ...(hasMore ? [undefined] : [])]);
};
