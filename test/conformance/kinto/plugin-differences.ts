import { isObject, type JsonObject } from "../../../lib/json.ts";
import type { AllowedDifference } from "./differences.ts";
import { pathOnly } from "./scenario.ts";
import type { Answer, Sent } from "./scenario-client.ts";

/** Differences of accounts, the history and counters that are allowed. */
export const PLUGIN_DIFFERENCES: readonly AllowedDifference[] = [
  {
    row: "who sees an entry",
    why: "an entry is as secret as its object is now",
    allows: ({ difference: { where }, sent, kinto, kintoun }) =>
      isHistory(sent) &&
      !isSentBy(sent, "alice") &&
      (isRefused(kinto) !== isRefused(kintoun) ||
        ([kinto, kintoun].every(({ status }) => status === 200) &&
          /^(body\.data\b|headers\.(next-page|total-))/.test(where) &&
          haveSameShared(kinto, kintoun))),
  },
  {
    row: "`last_modified` of an entry",
    why: "it is that of the object, so that no clock is shared by all changes of a bucket",
    allows: ({ difference: { where }, sent, kinto, kintoun }) =>
      isHistory(sent) &&
      (/^headers\.(etag|last-modified)$|^body\.data\.\d+\.last_modified$/.test(where) ||
        // Entries of several lists.
        (where.startsWith("body.data") && hasSameEntries(kinto, kintoun))),
  },
  {
    row: "deleted entries",
    why: "what is deleted is gone",
    allows: ({ difference: { where }, sent, kinto }) =>
      isHistory(sent) && where.startsWith("body.data") && entriesOf(kinto).some(({ deleted }) => deleted === true),
  },
  {
    row: "`HEAD`",
    why: "it counts, as that of other lists",
    allows: ({ difference: { where, kinto: theirs }, sent }) =>
      isHistory(sent) &&
      sent.method === "HEAD" &&
      /^headers\.(total-|next-page)/.test(where) &&
      (theirs === undefined || where.endsWith("next-page")),
  },
  {
    row: "several changes of an object in a batch",
    why: "others see none of the states between them",
    allows: ({ difference: { where }, sent, before }) =>
      isHistory(sent) && /^(body\.data|headers\.next-page)/.test(where) && before.some(({ inBatch }) => inBatch),
  },
  {
    row: "a precondition and an invalid query",
    why: "the query is checked first",
    allows: ({ sent, kinto, kintoun }) =>
      isHistory(sent) && [304, 412].includes(kinto.status) && kintoun.status === 400,
  },
  {
    row: "DELETE with `_fields`",
    why: "an unknown field is refused as in GET",
    allows: ({ sent, kinto, kintoun }) =>
      isHistory(sent) && sent.method === "DELETE" && kinto.status === 200 && kintoun.status === 400,
  },
  {
    row: "settings that grant permissions on buckets, for histories and snapshots",
    why: "settings grant permissions on all that is in a bucket",
    allows: ({ sent, kinto, kintoun }) =>
      (isHistory(sent) || isSnapshot(sent)) &&
      [401, 403].includes(kinto.status) &&
      [200, 304, 400, 404, 412].includes(kintoun.status),
  },
  {
    row: "headers of a snapshot",
    why: "clients and caches know which state it is",
    allows: ({ difference: { where, kinto: theirs }, sent }) =>
      isSnapshot(sent) && /^headers\.(etag|last-modified|cache-control)$/.test(where) && theirs === undefined,
  },
  {
    row: "a snapshot for a user who may read some records only",
    why: "it is a list as it was",
    allows: ({ sent, kinto, kintoun }) =>
      isSnapshot(sent) && [401, 403].includes(kinto.status) && kintoun.status === 200,
  },
  {
    row: "a snapshot at an invalid timestamp",
    why: "the message says what to send",
    allows: ({ difference: { where }, sent, kinto, kintoun }) =>
      isSnapshot(sent) && /^body\.(message|details)/.test(where) && kinto.status === 400 && kintoun.status === 400,
  },
  {
    row: "a snapshot of a time between the deletion of a record and its new creation",
    why: "a snapshot has no tombstones",
    allows: ({ difference: { where }, sent, kinto, kintoun }) =>
      isSnapshot(sent) &&
      where.startsWith("body.data") &&
      JSON.stringify(entriesOf(kinto).filter(({ deleted }) => deleted !== true)) === JSON.stringify(entriesOf(kintoun)),
  },
  {
    row: "entries of a history in `/__counters__`",
    why: "they are no objects",
    allows: ({ difference: { where }, sent }) => isCounters(sent) && /^body\.\w+\.history$/.test(where),
  },
  {
    row: "`/__counters__` in a batch",
    why: "it reads what is committed",
    allows: ({ difference: { where }, sent, earlier }) =>
      isCounters(sent) &&
      /^body\.(objects|tombstones)\b/.test(where) &&
      // A request to the default bucket may create it.
      earlier.some((each) => isWrite(each) || isInDefault(each)),
  },
  {
    row: "the list of accounts for administrators who are not in `readPrincipals`",
    why: "who may change an object may read it",
    allows: ({ difference: { where }, sent }) =>
      isAccountList(sent) && isSentBy(sent, "admin") && /^(body\.data\b|headers\.(next-page|total-))/.test(where),
    statesDiffer: (sent) => isAccountList(sent) && isSentBy(sent, "admin") && sent.method === "DELETE",
  },
  {
    row: "`permissions` after an account was created by another or an anonymous user",
    why: "only who may write an object sees its permissions",
    allows: ({ difference: { where, kintoun: ours }, sent }) =>
      isAccount(sent) && where === "body.permissions.write" && ours === undefined,
  },
  {
    row: "the field in `details` of a PATCH with an invalid password",
    why: "it is named as in PUT",
    allows: ({ difference: { where }, sent, kinto, kintoun }) =>
      isAccount(sent) &&
      sent.method === "PATCH" &&
      kinto.status === 400 &&
      kintoun.status === 400 &&
      /^body\.(message|details\.0\.(name|description))$/.test(where) &&
      messageOf(kintoun).startsWith("data.password in body: "),
  },
  {
    row: "the field in `details` of a POST of an account without `data`",
    why: "it depends on the user in Kinto",
    allows: ({ difference: { where }, sent, kinto, kintoun }) =>
      isAccount(sent) &&
      sent.method === "POST" &&
      kinto.status === 400 &&
      /^body\.(message|details\.0\.(name|description))$/.test(where) &&
      messageOf(kintoun) === "data in body: Required",
  },
  {
    row: "a PUT of an account without `data`, if it exists",
    why: "it keeps the data, as with every object",
    allows: ({ sent, kinto, kintoun }) =>
      isAccount(sent) &&
      sent.method === "PUT" &&
      kinto.status === 400 &&
      kintoun.status === 200 &&
      messageOf(kinto) === "data in body: Required",
  },
  {
    row: "an account that a user of another policy creates",
    why: "registration is open to all or none",
    allows: ({ sent, kinto, kintoun }) =>
      isAccount(sent) && isNotOwn(kinto) && (kintoun.status < 300 || kintoun.status === 401),
  },
  {
    row: "PUT of another user's account",
    why: "no answer says whether an account exists",
    allows: ({ sent, kinto, kintoun }) => isAccount(sent) && kinto.status === 400 && kintoun.status === 403,
  },
  {
    row: "Permissions of an account for others",
    why: "others could set the password",
    allows: ({ sent, kintoun }) =>
      isAccount(sent) && kintoun.status === 400 && messageOf(kintoun).includes("An account belongs to its user."),
  },
  {
    row: "timestamps of accounts",
    why: "all accounts are in one list",
    allows: ({ difference: { where }, sent }) =>
      isAccount(sent) && /^headers\.(etag|last-modified)$|\.last_modified$/.test(where),
  },
  {
    row: "a 401 for the list of accounts",
    why: "it is answered as elsewhere",
    allows: ({ difference: { where }, sent, kinto, kintoun }) =>
      isAccount(sent) &&
      kinto.status === 401 &&
      kintoun.status === 401 &&
      /^(body\.(errno|error|message)|headers\.www-authenticate)$/.test(where),
  },
  {
    row: "`WWW-Authenticate` with accounts",
    why: "RFC 7617: passwords may have any characters",
    allows: ({ difference: { where, kinto: theirs, kintoun: ours } }) =>
      where === "headers.www-authenticate" && `${ours}`.replace(', charset="UTF-8"', "").startsWith(`${theirs}`),
  },
];

const isAt =
  (pattern: RegExp) =>
  ({ path }: Sent): boolean =>
    pattern.test(pathOnly(path).replace(/^\/v1/, ""));
const isHistory = isAt(/^\/buckets\/[^/]+\/history$/);
const isSnapshot = isAt(/^\/buckets\/[^/]+\/snapshot\//);
const isAccount = isAt(/^\/accounts(\/[^/]*)?$/);
const isAccountList = isAt(/^\/accounts$/);
const isWrite = ({ method }: Sent): boolean => !["GET", "HEAD", "OPTIONS"].includes(method);
const isInDefault = isAt(/^\/buckets\/default\b/);
const isCounters = isAt(/^\/__counters__$/);

/** Returns whether a user sent it, whatever the number of the scenario. */
const isSentBy = ({ headers }: Sent, name: string): boolean => {
  const [, credentials = ""] = /^Basic (.*)$/.exec(headers.authorization ?? "") ?? [];
  return new RegExp(`^${name}\\d*:`).test(Buffer.from(credentials, "base64").toString());
};

const entriesOf = ({ body }: Answer): readonly JsonObject[] =>
  isObject(body) && Array.isArray(body.data) ? body.data.filter(isObject) : [];

/** Returns whether both lists have the same entries, in any order. Pages may have others. */
const hasSameEntries = (kinto: Answer, kintoun: Answer): boolean => {
  const [theirs, ours] = [kinto, kintoun].map((answer) =>
    entriesOf(answer)
      .map(({ last_modified: _, ...entry }) => JSON.stringify(entry))
      .toSorted(),
  );
  const isPage = [kinto, kintoun].some(({ headers }) => headers["next-page"] !== undefined);
  return isPage || JSON.stringify(theirs) === JSON.stringify(ours);
};

/** Returns whether the entries that both lists have are equal. */
const haveSameShared = (kinto: Answer, kintoun: Answer): boolean => {
  const [theirs, ours] = [kinto, kintoun].map(
    (answer) =>
      new Map(entriesOf(answer).map(({ last_modified: _, ...entry }) => [keyOf(entry), JSON.stringify(entry)])),
  );
  return [...(theirs ?? [])].every(([key, entry]) => ours?.get(key) === undefined || ours.get(key) === entry);
};
const keyOf = ({ uri, action, target }: JsonObject): string => JSON.stringify([uri, action, target]);

const isRefused = ({ status }: Answer): boolean => status === 401 || status === 403;
const messageOf = ({ body }: Answer): string => (isObject(body) ? String(body.message) : "");
const isNotOwn = (kinto: Answer): boolean => messageOf(kinto).endsWith("Username and account ID do not match.");
