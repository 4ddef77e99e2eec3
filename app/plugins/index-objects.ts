import { Failure } from "../../core/errors.ts";
import { deleteObject } from "../../core/objects/delete-objects.ts";
import { replaceObjectPlan } from "../../core/objects/replace-object.ts";
import { isDeleted, type SaveOutcome, saveVersion } from "../../core/objects/save-version.ts";
import { TOMBSTONE_RETENTION_MS } from "../../core/ports/search-engine.ts";
import { isId, type ListRef, listRef, objectRef } from "../../core/resources.ts";
import { type IndexObjects, type SyncCounts, toIndexPermissions } from "../../kit/index-objects.ts";
import { findPlugin } from "../../kit/instance-options.ts";
import type { IndexNeed, PluginNeed } from "../../kit/need.ts";
import type { TypeInstance } from "../../kit/parts/index-types.ts";
import type { JsonObject } from "../../lib/json.ts";
import type { AppContext } from "../app-context.ts";
import { createPluginData, runOwn, toDataAccess } from "./plugin-data.ts";

/** Maximum number of objects of a synchronization, whose ids are kept in memory. */
const MAX_SYNC_OBJECTS = 1_000_000;

/** Creates a plugin's access to the objects of one of its types. */
export const createIndexObjects = (
  app: AppContext,
  { plugin, type: name, of }: IndexNeed & PluginNeed,
): IndexObjects => {
  const permissions = toIndexPermissions(of);
  const records = findRecords(app, of);
  const { user, grants } = toDataAccess(app, plugin, permissions);
  // A plugin sees what is stored.
  const context = { ...app.storeContext, grants, readHooks: undefined };
  const run = runOwn(app);
  const data = createPluginData(app, plugin, permissions);
  /** The functions of the type, which are bound when the plugin is set up. */
  const findType = async (): Promise<TypeInstance> => {
    const manifest = findPlugin(app.config.plugins, plugin);
    const type = manifest && (await app.start(manifest)).indexes[name];
    if (type === undefined) throw new TypeError(`The plugin '${plugin}' has no type '${name}'.`);
    return type;
  };
  const saveRecord = async (
    { version: versionOf }: TypeInstance,
    id: unknown,
    change: { readonly data: JsonObject | null; readonly version: number | undefined },
  ): Promise<SaveOutcome> => {
    if (!isId(id))
      throw new TypeError(
        `${JSON.stringify(id)} is not an id for an object of ${name}. Return 1 to 256 letters, digits, '-' and '_' from its id function.`,
      );
    if (change.version !== undefined && !Number.isFinite(change.version))
      throw new TypeError(
        `The object ${id} of ${name} has the version ${change.version}. Return a number, such as Date.parse(updated_at).`,
      );
    const ref = objectRef(records, id);
    return run(replaceObjectPlan(ref), (session) =>
      saveVersion(context, session, { ref, user, ...change, versionOf: (stored) => versionOf?.(stored) }),
    );
  };
  const saveObject = (type: TypeInstance, object: JsonObject): Promise<SaveOutcome> => {
    const { id: _id, last_modified: _time, ...fields } = object;
    return saveRecord(type, type.id(object), { data: fields, version: type.version?.(object) });
  };
  /** Deletes a record unless it was written since a time. */
  const deleteUnlessChanged = (id: string, since: number): Promise<boolean> => {
    const ref = objectRef(records, id);
    return run(replaceObjectPlan(ref), async (session) => {
      const existing = (await session.read(replaceObjectPlan(ref))).object(ref);
      if (existing === undefined || existing.last_modified >= since) return false;
      await deleteObject(context, session, { ref, user, preconditions: () => ({}), time: () => undefined });
      return true;
    });
  };

  return {
    save: async (object) => (await saveObject(await findType(), object)) !== "older",
    delete: async (id, { version } = {}) => {
      const outcome = await saveRecord(await findType(), id, { data: null, version });
      return outcome !== "older";
    },
    sync: async ({ signal } = {}): Promise<SyncCounts> => {
      const type = await findType();
      if (type.objects === undefined)
        throw new TypeError(
          `The type ${name} has no objects. Add a function that lists them: indexes['${name}'].objects.`,
        );
      const startedAt = app.now();
      const counts = { saved: 0, unchanged: 0, deleted: 0 };
      const seen = new Set<unknown>();
      for await (const object of type.objects()) {
        signal?.throwIfAborted();
        seen.add(type.id(object));
        if (seen.size > MAX_SYNC_OBJECTS)
          throw new Failure("REQUEST_TOO_LARGE", {
            message: `The type ${name} has more than ${MAX_SYNC_OBJECTS} objects.`,
          });
        counts[(await saveObject(type, object)) === "saved" ? "saved" : "unchanged"]++;
      }
      for await (const record of data.list(records.uri, { _before: `"${startedAt}"` })) {
        signal?.throwIfAborted();
        const { id, last_modified } = record;
        if (seen.has(id)) continue;
        const isFreshMark = isDeleted(record) && Number(last_modified) > startedAt - TOMBSTONE_RETENTION_MS;
        if (!isFreshMark && (await deleteUnlessChanged(String(id), startedAt))) counts.deleted++;
      }
      return counts;
    },
  };
};

const findRecords = ({ storeContext: { resources } }: AppContext, of: string): ListRef => {
  const collection = resources.parseUri(of);
  if (collection === undefined) throw new TypeError(`${of} is not the URI of a collection.`);
  return listRef(resources.core.record, collection);
};
