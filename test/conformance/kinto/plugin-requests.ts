import type { Json, JsonObject } from "../../../lib/json.ts";
import type { RandomSource } from "./random-source.ts";
import { getRequest, listBounds, type RequestStep, toJson, withQuery } from "./request-step.ts";
import { pickBucketPath, pickObjectPath, pickPrincipal, pickUser, timeSymbol } from "./values.ts";

const ACCOUNTS = "/v1/accounts";

/** Users with right and wrong passwords, an administrator, and users of the other policy. */
const pickAccountUser = (chance: RandomSource): string | null =>
  chance.pickWeighted<string | null>([
    [6, "dan"],
    [2, "dan:new"],
    [0.6, "dan:wrong"],
    [3, "eve"],
    [1, "eve:new"],
    [4, null],
    [4, "admin"],
    [1, "alice"],
  ]);

const pickAccountId = (chance: RandomSource): string =>
  chance.pickWeighted([
    [8, "dan{{w}}"],
    [4, "eve{{w}}"],
    [1, "fay{{w}}@example.com"],
    [1, "nope{{w}}"],
    [0.3, "alice{{w}}"],
    [0.3, "*bad"],
  ]);

const pickAccountData = (chance: RandomSource): JsonObject => ({
  ...(chance.happens(0.5) && { password: chance.pick(["secret", "secret", "new"]) }),
  ...(chance.happens(0.5) && { name: chance.pick(["Dan", "Eve", "Fay"]) }),
  ...(chance.happens(0.06) && { password: chance.pick<Json>([null, 5, true, {}, ["secret"]]) }),
});

const accountBody = (chance: RandomSource, data: JsonObject): JsonObject => ({
  data,
  ...(chance.happens(0.06) && { permissions: { [chance.pick(["read", "write"])]: [pickPrincipal(chance)] } }),
});

/** Registers, reads, changes or deletes accounts, or logs in. */
export const accountRequest = (chance: RandomSource): RequestStep => {
  const user = pickAccountUser(chance);
  const id = pickAccountId(chance);
  const path = `${ACCOUNTS}/${id}`;
  const data = pickAccountData(chance);
  const created = chance.happens(0.9) ? { password: "secret", ...data } : data;
  return chance.pickWeighted<() => RequestStep>([
    [4, () => ({ user, method: "GET", path: chance.pick(["/v1/", pickObjectPath(chance, "record")]) })],
    [5, () => ({ user, method: chance.pick(["GET", "GET", "HEAD"]), path })],
    [4, () => ({ user, method: "GET", path: withQuery(ACCOUNTS, listParameters(chance)) })],
    [5, () => ({ user, method: "PUT", path, body: toJson(accountBody(chance, created)) })],
    [2, () => ({ user, method: "POST", path: ACCOUNTS, body: toJson(accountBody(chance, { id, ...created })) })],
    [6, () => ({ user, method: "PATCH", path, body: toJson(accountBody(chance, data)) })],
    [2, () => ({ user, method: "DELETE", path })],
    [0.5, () => ({ user, method: "DELETE", path: withQuery(ACCOUNTS, listParameters(chance)) })],
    [0.5, () => ({ user, method: chance.pick(["POST", "PUT", "PATCH"]), path: chance.pick([path, ACCOUNTS]) })],
  ])();
};

const listParameters = (chance: RandomSource): string[] => [
  ...(chance.happens(0.3) ? [`_sort=${chance.pick(["id", "-id", "name"])}`] : []),
  ...(chance.happens(0.3) ? [chance.pick(["id=dan{{w}}", "name=Dan", "like_id=*a*", "has_name=true"])] : []),
  ...(chance.happens(0.2) ? [`_fields=${chance.pick(["id", "name", "id,name"])}`] : []),
  ...(chance.happens(0.2) ? [`_limit=${chance.pick([1, 2])}`] : []),
];

const HISTORY_FILTERS = [
  ...["resource_name=record", "resource_name=bucket", "resource_name=collection", "in_resource_name=group,bucket"],
  ...["action=create", "action=update", "action=delete", "not_action=create", "in_action=create,delete"],
  ...["user_id={{user:alice}}", "user_id={{user:bob}}", "not_user_id={{user:alice}}", "user_id={{user:dan}}"],
  ...["record_id=r1", "in_record_id=r1,r2", "collection_id=c", "group_id=g", "bucket_id=b{{w}}", "has_record_id=true"],
  ...["uri=/buckets/b{{w}}", "uri=/buckets/b{{w}}/collections/c/records/r1", "like_uri=*records*", "gt_uri=/buckets/b"],
  ...["target.data.title=a", "target.data.n=1", "min_target.data.n=2", "target.data.id=r1", "has_target.data.n=true"],
  ...["target.data.deleted=true", "contains_target.data.tags=a", "unknown=1", "not_unknown=1", "id=none"],
];
const HISTORY_SORTS = ["last_modified", "-last_modified", "uri,-last_modified", "action,last_modified"];
const HISTORY_FIELDS = ["action,uri", "target.data.title", "resource_name,target.data", "record_id", "id", "unknown"];

/** Lists, counts or deletes entries of a history. */
export const historyRequest = (chance: RandomSource): RequestStep => {
  const path = `${pickBucketPath(chance)}/history`;
  if (chance.happens(0.25)) return { user: pickUser(chance), method: "GET", path: `{{next:${path}}}` };
  const filters = Array.from({ length: chance.below(3) }, () => chance.pick(HISTORY_FILTERS));
  const pairs = [
    ...new Set(filters),
    ...(chance.happens(0.25) ? [`_sort=${chance.pick(HISTORY_SORTS)}`] : []),
    ...(chance.happens(0.2) ? [`_fields=${chance.pick(HISTORY_FIELDS)}`] : []),
    ...(chance.happens(0.5) ? listBounds(chance, path) : []),
  ];
  const ask = getRequest(chance, withQuery(path, pairs));
  if (chance.happens(0.1)) return { ...ask, method: "DELETE" };
  if (chance.happens(0.9)) return ask;
  return { ...ask, headers: { [chance.pick(["If-None-Match", "If-Match"])]: `"${timeSymbol(chance, path)}"` } };
};

/** Reads a collection as it was. */
export const snapshotRequest = (chance: RandomSource): RequestStep => {
  const bucket = pickBucketPath(chance);
  const collection = chance.pick(["c", "c", "c", "d", "nope"]);
  const record = pickObjectPath(chance, "record").replace(/^.*\//, `${bucket}/collections/${collection}/records/`);
  const at = chance.pickWeighted([
    [8, timeSymbol(chance, record, chance.pick([0, 0, -1]))],
    [1, "0"],
    [1, "1500000000000"],
    [1, "4102444800000"],
    [0.5, chance.pick(["abc", "-1", "1.5"])],
  ]);
  return { user: pickUser(chance), method: "GET", path: `${bucket}/snapshot/collections/${collection}@${at}` };
};

export const countersRequest = (chance: RandomSource): RequestStep => ({
  user: pickUser(chance),
  method: chance.pick(["GET", "GET", "GET", "HEAD"]),
  path: "/v1/__counters__",
});
