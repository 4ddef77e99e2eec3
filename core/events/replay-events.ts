import { matchesAny } from "../../lib/util/matches-any.ts";
import type { Store } from "../ports/store.ts";
import { ancestors, type ObjectRef, type Resources } from "../resources.ts";
import type { ChangeEvent } from "./event.ts";
import { matchesSubscription, type Subscription } from "./listener.ts";
import { toReplayEvent, toReplayPurgeEvent, type WalkPosition, walkObjects } from "./replay.ts";

/** Which objects are sent to which listener. */
export interface ReplayedObjects {
  readonly listener: Subscription;
  /** Only objects that changed after this time, epoch ms. */
  readonly since?: number | undefined;
  /** Only objects whose URIs start with this. */
  readonly prefix: string;
  /** Id of the run. It is part of the events' ids, so events that are sent twice in one run are handled once. */
  readonly run: string;
  /** Position at which an earlier part of the run stopped; empty at the start. */
  readonly from: WalkPosition;
  /** Called with the number of objects in each list that is walked. */
  readonly onListCount?: ((count: number) => void) | undefined;
}

/** An object of a replay. */
interface ReplayedObject {
  /** `undefined` if the listener does not receive the object. */
  readonly event: ChangeEvent | undefined;
  /** Where to resume after the object. */
  readonly position: WalkPosition;
}

/**
 * Yields existing objects with their create events, and the collections that a listener does not match with purge events
 * if it asks for them.
 */
export async function* replayObjects(
  { store, resources }: { readonly store: Pick<Store, "read" | "walk">; readonly resources: Pick<Resources, "top"> },
  { listener, prefix, run, from, since, onListCount }: ReplayedObjects,
): AsyncGenerator<ReplayedObject> {
  const purges = listener.purgesExcluded === true;
  const resourceNames = new Set([
    ...listener.on.flatMap((name) => (name.endsWith(".create") ? [name.slice(0, -".create".length)] : [])),
    ...(purges ? ["collection"] : []),
  ]);
  const isWithinPrefix = ({ uri }: ObjectRef) => uri.startsWith(prefix) || prefix.startsWith(`${uri}/`);
  const isExcluded = (ref: ObjectRef) =>
    [ref, ...ancestors(ref)].some(
      ({ resourceName: resource, id }) =>
        (resource === "bucket" && !matchesAny(listener.buckets, id)) ||
        (resource === "collection" && !matchesAny(listener.collections, id)),
    );
  for await (const { ref, stored, position } of walkObjects({
    store,
    resources,
    resourceNames,
    includes: (ref) => isWithinPrefix(ref) && (purges || !isExcluded(ref)),
    includesChildren: (ref) => ref.resourceName === "bucket" || !isExcluded(ref),
    modifiedAfter: since,
    startAt: from,
    onListCount,
  })) {
    const created = ref.uri.startsWith(prefix) ? toReplayEvent({ ref, stored }, run) : undefined;
    const isPurged = purges && ref.resourceName === "collection" && isExcluded(ref);
    const event = created && isPurged ? toReplayPurgeEvent(created) : created;
    const isSent = event !== undefined && (isPurged || matchesSubscription(listener, event));
    yield { event: isSent ? event : undefined, position };
  }
}
