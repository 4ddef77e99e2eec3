import type { JsonObject } from "../../lib/json.ts";
import { Failure, invalid } from "../errors.ts";
import { author, type UserId } from "../permissions/principals.ts";
import type { Acl, Stored } from "../ports/store.ts";
import { LATEST_TIME, type ObjectRef } from "../resources.ts";
import type { Session } from "../store/session.ts";
import { settledAcl } from "./acl.ts";
import { prepare } from "./draft.ts";
import { hooked } from "./hooked.ts";
import { type Origin, validated } from "./validated.ts";
import type { World } from "./world.ts";

/** Bytes of an item in DynamoDB (400 KB), less room for keys and the store's own attributes. */
export const LARGEST_OBJECT = 400 * 1024 - 8 * 1024;

export interface ObjectToStore {
  readonly data: JsonObject;
  readonly acl: Acl;
  readonly user: UserId;
  readonly from: Origin;
}

/**
 * Checks what is to become of an object, and has it stored. Its `last_modified` is the one in `data`, if that lies after the present one.
 * Its parents must have been read.
 */
export const storeObject = async (
  world: World,
  session: Session,
  ref: ObjectRef,
  { data, acl, user, from }: ObjectToStore,
): Promise<Stored> => {
  const { view } = session;
  const { last_modified, ...given } = prepare(ref.resource, data, from === "patch" ? "" : "data.");
  const asked = await validated(world, view, ref, given, from);
  const object = view.put(ref, {
    data: world.hooks === undefined ? asked : await hooked(world, session, ref, asked, user),
    acl: settledAcl(acl, world.explicitPermissions ? author(user) : undefined),
    by: author(user),
    given: givenTime(last_modified, view.object(ref)),
  });
  requireFit(object);
  return object;
};

/** A time that a writer gives (Kinto's replication): it counts if it is a whole number and, for what exists, lies ahead. */
export const givenTime = (time: unknown, existing: Stored | undefined): number | undefined => {
  if (!Number.isInteger(time)) return undefined;
  const given = Number(time);
  if (given < 0 || given > LATEST_TIME) {
    throw invalid({
      location: "body",
      name: "data.last_modified",
      description: `last_modified is a time in ms, from 0 to ${LATEST_TIME}`,
    });
  }
  return existing !== undefined && given <= existing.last_modified ? undefined : given;
};

/** Refuses (413) what does not fit into an item: better here, in words, than by the table. */
const requireFit = ({ json, acl }: Stored): void => {
  const bytes = Buffer.byteLength(json) + Buffer.byteLength(JSON.stringify(acl));
  if (bytes > LARGEST_OBJECT) {
    throw new Failure("REQUEST_TOO_LARGE", {
      message: `The object has ${bytes} bytes with its permissions; ${LARGEST_OBJECT} can be stored. Split it, or store less.`,
    });
  }
};
