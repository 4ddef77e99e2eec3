import { isObject, type Json, type JsonObject } from "../../../lib/json.ts";
import type { Difference } from "./compare.ts";
import { placeOf } from "./story.ts";
import type { Answer, Sent } from "./teller.ts";

/** One difference between two answers to what was sent. */
export interface Seen {
  readonly difference: Difference;
  readonly sent: Sent;
  readonly kinto: Answer;
  readonly kintoun: Answer;
  /** What stood before it in the same batch. */
  readonly earlier: readonly Sent[];
  /** What was sent before it in the story. */
  readonly before: readonly Sent[];
}

interface Allowed {
  /** Its row in a table "Differences from Kinto" of docs/http-api; `null` if the difference is not part of the protocol. */
  readonly row: string | null;
  readonly why: string;
  readonly allows?: (seen: Seen) => boolean;
  /** Whether what the two store differs after this request, though they answered it the same. */
  readonly parts?: (sent: Sent, answer: Answer) => boolean;
}

/** Where Kintoun may answer otherwise than Kinto. */
export const ALLOWED: readonly Allowed[] = [
  {
    row: null,
    why: "/permissions is sorted by ids, and those that a server made up fall otherwise with each",
    allows: ({ difference: { where }, sent, kinto, kintoun }) =>
      isAt(sent, "/permissions") &&
      /^body\.data\b/.test(where) &&
      JSON.stringify([kinto.body, kintoun.body]).includes("made-"),
  },
  {
    row: null,
    why: "hello tells of the software and its plugins: their names, versions, texts and pages",
    allows: ({ difference: { where }, sent }) =>
      isAt(sent, "/") &&
      /^body\.(project_(name|version|docs)|config|capabilities\.\w+(\.(description|url)|$)|settings\.explicit_permissions)\b/.test(
        where,
      ),
  },
  {
    row: null,
    why: "contribute.json tells of the project",
    allows: ({ difference: { where }, sent }) => isAt(sent, "/contribute.json") && where.startsWith("body"),
  },
  {
    row: null,
    why: "the heartbeat names each server's own parts",
    allows: ({ difference: { where, kinto, kintoun }, sent }) =>
      isAt(sent, "/__heartbeat__") && where.startsWith("body.") && kinto !== false && kintoun !== false,
  },
  { row: null, why: "an error of Kinto's own", allows: ({ kinto }) => kinto.status === 500 },
  {
    row: null,
    why: "nobody reads what a redirect says",
    allows: ({ difference: { where }, kinto, kintoun }) =>
      kinto.status === 307 && kintoun.status === 307 && (where === "body" || where === "headers.content-type"),
  },
  {
    row: "timestamps of a list that was deleted and created again",
    why: "they go on rising from where a request of the story had put them",
    allows: ({ difference: { where, kinto, kintoun } }) =>
      isTime(where) && /^"?T\d+/.test(`${kinto}`) && (isFar(kintoun) || isLater(`${kintoun}`, `${kinto}`)),
  },
  {
    row: "a list that is deleted and created again and was never written to",
    why: "it keeps its timestamp",
    allows: ({ difference: { where, kinto: theirs, kintoun: ours }, kinto }) =>
      where === "headers.etag" && /^"T\d+ \(/.test(`${theirs}`) && /^"T\d+"$/.test(`${ours}`) && isEmptyList(kinto),
  },
  {
    row: "a write with a `last_modified` in the past of the list",
    why: "it moves the list's timestamp, so that who polls learns of it; seen at once where another object lies ahead",
    allows: ({ difference: { where, kinto, kintoun } }) =>
      isTime(where) && isFar(kinto) && isFar(kintoun) && inDigits(kintoun) > inDigits(kinto),
    parts: ({ method, body }, { status }) =>
      /^(PUT|POST|PATCH)$/.test(method) && status < 300 && importedTime(body) <= Date.now(),
  },
  {
    row: "`last_modified` below 0 or above 999999999999999",
    why: "it is no time",
    allows: ({ sent, kinto, kintoun }) =>
      /"last_modified":(-\d|\d{16})/.test(sent.body ?? "") && kinto.status < 300 && kintoun.status === 400,
  },
  {
    row: "`last_modified: 0` for an existing object; `last_modified: true`",
    why: "neither is a time that is ahead",
    allows: ({ difference: { where }, sent }) =>
      isTime(where) &&
      (importedTime(sent.body) === 0 || isDeletedAtZero(sent) || /"last_modified":\s*true/.test(sent.body ?? "")),
    parts: (sent) => isDeletedAtZero(sent),
  },
  {
    row: "a refused request to the default bucket",
    why: "it makes nothing",
    parts: (sent, { status }) => isInDefault(sent) && status >= 400,
  },
  {
    row: "a Merge Patch of permissions by a user without `write` on the object itself",
    why: "those that it does not name are kept",
    allows: ({ difference: { where }, sent }) => where.startsWith("body.permissions") && isMergeOfPermissions(sent),
    parts: (sent, { status, body }) =>
      isMergeOfPermissions(sent) && status === 200 && !/"write":\[[^\]]*basicauth:/.test(JSON.stringify(body)),
  },
  {
    row: "permissions of the objects that a DELETE with `_limit` keeps",
    why: "they are kept",
    parts: ({ method, path }, { headers }) =>
      method === "DELETE" && headers["next-page"] !== undefined && !/[?&](?!_(limit|sort|token|fields)=)/.test(path),
  },
  {
    row: "an earlier request of a batch that changes or deletes a parent",
    why: "later requests of a batch see what earlier ones did",
    allows: ({ difference: { where }, sent, kinto, kintoun, earlier }) =>
      earlier.some((one) => one.method === "DELETE" && isAbove(one, sent)) ||
      (earlier.some((one) => isWrite(one) && isAbove(one, sent)) &&
        (where === "body.data.schema" ||
          ([kinto, kintoun].some(({ status }) => status === 400 || status === 404) &&
            (kinto.status !== kintoun.status || /^body\.(details|message|errno)\b/.test(where))))),
  },
  {
    row: "groups of a bucket that was deleted",
    why: "nobody is in them any more",
    allows: ({ difference, before, kinto, kintoun }) =>
      before.some(({ method, path }) => method === "DELETE" && /^(\/v1)?\/buckets(\/[^/]*)?\/*$/.test(placeOf(path))) &&
      (difference.where === "body.user.principals" || isFound(difference) || (!isRefused(kinto) && isRefused(kintoun))),
  },
  {
    row: "group membership changed in a batch",
    why: "later requests of a batch see what earlier ones did",
    allows: ({ kinto, kintoun, earlier }) =>
      earlier.some((one) => isWrite(one) && /\/(groups\b|buckets(\/[^/?]*)?$)/.test(placeOf(one.path))) &&
      [kinto, kintoun].some(isRefused),
  },
  {
    row: "a group created without `data`",
    why: "its members are none, rather than not told",
    allows: ({ difference: { where, kinto, kintoun }, sent }) =>
      /\/groups(\/|\?|$)/.test(sent.path) &&
      /^body\.data(\.\d+)?\.members$/.test(where) &&
      kinto === undefined &&
      JSON.stringify(kintoun) === "[]",
  },
  {
    row: "a 304 response",
    why: "it has the Cache-Control and Expires of the 200",
    allows: ({ difference: { where, kinto: theirs }, kinto, kintoun }) =>
      /^headers\.(cache-control|expires)$/.test(where) &&
      theirs === undefined &&
      kinto.status === 304 &&
      kintoun.status === 304,
  },
  {
    row: "`If-Match` on POST without an id",
    why: "it is about the list's timestamp",
    allows: ({ sent, kinto, kintoun }) =>
      sent.method === "POST" &&
      sent.headers["if-match"] !== undefined &&
      !/"id":/.test(sent.body ?? "") &&
      kinto.status === 412 &&
      kintoun.status !== 412,
  },
  {
    row: '`If-Match: "0"`',
    why: "a precondition is never dropped",
    allows: ({ sent, kintoun }) => sent.headers["if-match"] === '"0"' && kintoun.status === 412,
  },
  {
    row: "a 406, a 415, or a 400 for an `Origin` that is not allowed",
    why: "what the request brings is looked at first",
    allows: ({ sent, kinto, kintoun }) =>
      ([406, 415].includes(kintoun.status) && kinto.status === 404) ||
      (kintoun.status === 400 &&
        sent.headers.origin !== undefined &&
        [400, 401, 403, 404].includes(kinto.status) &&
        (sent.method === "HEAD" || isNamed(kintoun, "Origin"))),
  },
  {
    row: "an empty `Accept` header",
    why: "any type will do",
    allows: ({ sent, kinto }) => sent.headers.accept === "" && kinto.status === 406,
  },
  {
    row: "`Access-Control-Expose-Headers`",
    why: "all that there are",
    allows: ({ difference: { where, kinto, kintoun }, sent: { method } }) =>
      where === "headers.access-control-expose-headers" &&
      (kintoun === undefined ? method === "OPTIONS" : hasAll(kintoun, kinto)),
  },
  {
    row: "`Access-Control-Allow-Headers` of a preflight",
    why: "all that there are",
    allows: ({ difference: { where, kinto, kintoun } }) =>
      where === "headers.access-control-allow-headers" && hasAll(kintoun, kinto),
  },
  {
    row: "`Authorization: Basic` with text after the credentials",
    why: "these are no credentials",
    allows: ({ sent }) => /^basic\s+\S+\s+\S/i.test(sent.headers.authorization ?? ""),
  },
  {
    row: "a 401, 403 or 405 after a redirect in a batch",
    why: "it is told as any other",
    allows: ({ sent, kinto, kintoun }) =>
      sent.inBatch === true &&
      placeOf(sent.path).endsWith("/") &&
      ((kinto.status === 403 && isRefused(kintoun)) || (kinto.status === 404 && kintoun.status === 405)),
  },
  {
    row: "`Access-Control-Allow-Origin` of a 401 or 403 in a batch",
    why: "it is told as any other",
    allows: ({ difference: { where, kinto: theirs }, sent, kinto }) =>
      sent.inBatch === true &&
      where === "headers.access-control-allow-origin" &&
      theirs === undefined &&
      [401, 403].includes(kinto.status),
  },
  {
    row: "`Backoff` in a batch",
    why: "the batch's own answer has it",
    allows: ({ difference: { where, kintoun }, sent }) =>
      sent.inBatch === true && where === "headers.backoff" && kintoun === undefined,
  },
  {
    row: "a repeated parameter in `Next-Page`",
    why: "the next page is of the same list",
    allows: ({ difference: { where, kinto, kintoun }, sent }) =>
      where === "headers.next-page" &&
      kinto !== undefined &&
      kintoun !== undefined &&
      /[?&](_\w+)=[^&]*&(.*&)?\1=/.test(sent.path),
  },
  {
    row: "a PUT without a body in the default bucket",
    why: "it says nothing about what is to become of the object",
    allows: ({ difference: { where }, sent }) =>
      isInDefault(sent) && sent.method === "PUT" && sent.body === undefined && where.startsWith("body.data"),
  },
  {
    row: "the default bucket when `explicit_permissions` is off",
    why: "it is its user's",
    allows: ({ difference, sent, kinto, kintoun, before }) =>
      isInDefault(sent)
        ? (kinto.status === 403 && kintoun.status !== 403) || difference.where.startsWith("body.permissions")
        : // Whoever asked by HEAD was not told of permissions, but finds the bucket in the list.
          isAt(sent, "/buckets") &&
          isFound(difference) &&
          before.some((one) => one.method === "HEAD" && isInDefault(one)),
  },
  {
    row: "a 405 when the store is read-only",
    why: "it tells what is allowed",
    allows: ({ difference: { where, kinto: theirs }, kinto }) =>
      where === "headers.allow" && theirs === undefined && kinto.status === 405,
  },
  {
    row: "`DELETE ?last_modified=` with a value that is not a number, or is quoted",
    why: "the request is looked at before the object",
    allows: ({ sent, kinto, kintoun }) =>
      sent.method === "DELETE" &&
      /[?&]last_modified=/.test(sent.path) &&
      kinto.status === 404 &&
      errnoOf(kinto) === 110 &&
      isNamed(kintoun, "last_modified"),
  },
  {
    row: "`/permissions`",
    why: "its ETag is of now",
    allows: ({ difference: { where }, sent, kinto }) =>
      isAt(sent, "/permissions") &&
      (/^headers\.(etag|last-modified)$/.test(where) ||
        (kinto.status === 304 && sent.headers["if-none-match"] === '"0"')),
  },
  {
    row: "settings that grant permissions (`collection_create_principals` …) in a bucket that does not exist",
    why: "nothing could be found there again",
    allows: ({ sent, kinto, kintoun }) =>
      /\/buckets\/[^/]+\//.test(sent.path) && ![401, 403, 404].includes(kinto.status) && kintoun.status === 404,
  },
  {
    row: "several errors in one request",
    why: "the first that is found is told",
    allows: ({ difference: { where }, kinto, kintoun }) =>
      /^body\.(details|message|errno)\b/.test(where) &&
      flawsOf(kinto).length > 1 &&
      flawsOf(kintoun).every((flaw) => flawsOf(kinto).includes(flaw)),
  },
  {
    row: "a slash in an id, encoded as `%2F`",
    why: "it is no id, rather than another path",
    allows: ({ sent, kinto, kintoun }) =>
      /%2f/i.test(placeOf(sent.path)) && kinto.status === 404 && kintoun.status >= 400,
  },
  {
    row: "`_token`",
    why: "it is signed",
    allows: ({ sent, kinto, kintoun }) =>
      /[?&]_token=[^&]/.test(sent.path) && kinto.status === 200 && kintoun.status === 400,
  },
  {
    row: "a `_token` after an object whose `last_modified` is more than a day in the future",
    why: "it was told, so it leads on",
    allows: ({ sent, kinto, kintoun }) =>
      /[?&]_token=[^&]/.test(sent.path) && kinto.status === 400 && kintoun.status === 200,
  },
  {
    row: "`_limit` or `_since` such as `1.5` or `1e3`",
    why: "neither is a place or a count",
    allows: ({ sent, kinto, kintoun }) =>
      /[?&]_(limit|since|before|to)=(%22)?\d+(\.\d|e\d)/i.test(sent.path) &&
      kinto.status === 200 &&
      kintoun.status === 400,
  },
  {
    row: "`_before=null`",
    why: "no bound",
    allows: ({ sent, kinto, kintoun }) =>
      /[?&]_before=null/.test(sent.path) && kinto.status === 200 && kintoun.status === 200,
  },
  {
    row: "`id=5`, `in_id=1,2`, `like_id=5`",
    why: "filters on id compare text",
    allows: ({ difference, sent, kinto, kintoun }) =>
      /[?&]([a-z_]+_)?id=/.test(sent.path) &&
      (isFound(difference) ||
        (kinto.status === 400 &&
          kintoun.status === 200 &&
          (sent.method === "HEAD" || /^Invalid value for | is not a string/.test(messageOf(kinto))))),
  },
  {
    row: "a repeated filter (`x=1&x=2`)",
    why: "400",
    allows: ({ sent, kinto, kintoun }) =>
      [200, 400].includes(kinto.status) &&
      (/ is given more than once$/.test(messageOf(kintoun)) ||
        (sent.method === "HEAD" && kintoun.status === 400 && /[?&](\w+)=[^&]*&(.*&)?\1=/.test(sent.path))),
  },
  {
    row: "`has_` after other filters, or when the user can read only part of the list",
    why: "all must hold",
    allows: ({ difference, sent }) => /[?&]has_/.test(sent.path) && (isFound(difference) || isTime(difference.where)),
  },
  {
    row: "`contains_`, `contains_any_` on a string or object",
    why: "arrays only",
    allows: ({ difference, sent }) => /[?&]contains_/.test(sent.path) && isFound(difference),
  },
  {
    row: "`true` and `1`, `false` and `0`",
    why: "they are different",
    allows: ({ difference, sent }) => /[?&](?!_)[^&]*=[^&]*\b(true|false|0|1)\b/.test(sent.path) && isFound(difference),
  },
  {
    row: "`details[].name`",
    why: "it is a text",
    allows: ({ difference: { where, kinto, kintoun } }) =>
      /^body\.details\.\d+\.name$/.test(where) && typeof kinto === "number" && kintoun === String(kinto),
  },
  {
    row: "text of messages about malformed JSON, wrong types and queries that are not UTF-8",
    why: "JavaScript's words and Python's for the same flaw",
    allows: ({ difference: { where, kinto: theirs, kintoun: ours }, kinto, kintoun }) =>
      kinto.status === kintoun.status &&
      /^body\.(message|details\.\d+\.description)$/.test(where) &&
      PYTHON.some(([python, javascript = python]) => python.test(`${theirs}`) && javascript.test(`${ours}`)),
  },
];

/** Messages with what a value looks like in Python or JavaScript, or with the words of a parser. */
const PYTHON: readonly (readonly [kinto: RegExp, kintoun?: RegExp])[] = [
  [/^Invalid JSON: /],
  [/Unrecognized keys in mapping: /],
  [/ is not a mapping type: Does not implement dict-like functionality\.$/],
  [/( is not a string| is not iterable$|: Required$|^Required$)/],
  [/ is greater than maximum value /],
  [/ is not a number$/],
  [/"\['.*'\]" is not a number$/, / is given more than once$/],
  [/JSON Patch operation failed: /],
  [/ contains non string value$/],
  [/^A request with an incorrect encoding in the querystring /, /^The query is not UTF-8 /],
];

/** The time ahead that stories put into data. */
const FAR = 4_102_444_800_000;

const inDigits = (time: Json | undefined): number => Number(`${time}`.replaceAll('"', ""));
const isFar = (time: Json | undefined): boolean => inDigits(time) >= FAR;

const isAt = ({ path }: Sent, place: string): boolean => withoutSlash(placeOf(path)) === withoutSlash(`/v1${place}`);
const isTime = (where: string): boolean => /(\betag|\blast_modified|\blast-modified)$/.test(where);
/** What a list was found to hold. */
const isFound = ({ where }: Difference): boolean => /^(body\.data\b|headers\.(next-page|total-))/.test(where);
const isEmptyList = ({ body }: Answer): boolean =>
  body === undefined || (isObject(body) && Array.isArray(body.data) && body.data.length === 0);
const isInDefault = ({ path }: Sent): boolean => /^\/v1\/buckets\/default\b/.test(path);
const isRefused = ({ status }: Answer): boolean => status === 401 || status === 403;
const messageOf = ({ body }: Answer): string => (isObject(body) ? String(body.message) : "");
/** Whether an answer's first flaw is one of what has that name. */
const isNamed = ({ body }: Answer, name: string): boolean =>
  isObject(body) &&
  Array.isArray(body.details) &&
  isObject(body.details[0] ?? null) &&
  (body.details[0] as JsonObject).name === name;
const errnoOf = ({ body }: Answer): unknown => (isObject(body) ? body.errno : undefined);

/** Whether a list of names in a header holds all those of another; where nothing is, there is none. */
const hasAll = (names: Json | undefined, others: Json | undefined): boolean => {
  const held = `${names}`.split(", ");
  return others === undefined || `${others}`.split(", ").every((name) => held.includes(name));
};

export const isWrite = ({ method }: Sent): boolean => !["GET", "HEAD", "OPTIONS"].includes(method);
/** Whether what a request is about is, or holds, a bucket or collection above what another one is about. */
const isAbove = (one: Sent, other: Sent): boolean => {
  const place = withoutSlash(placeOf(one.path));
  const above = /\/(buckets|collections)$/.test(place) || /\/(buckets|collections)\/[^/]+$/.test(place);
  return above && withoutSlash(placeOf(other.path)).startsWith(`${place}/`);
};
const withoutSlash = (place: string): string => place.replace(/\/+$/, "");

/** Of two names of a time first seen, such as `T2 (after T1)`: whether one comes after a later time than the other. */
const isLater = (one: string, other: string): boolean => placeIn(one) > placeIn(other);
const placeIn = (name: string): number => Number(/\(after T(\d+)\)/.exec(name)?.[1] ?? -1);

/** Location and name of each of an answer's flaws. */
const flawsOf = ({ body }: Answer): readonly string[] =>
  isObject(body) && Array.isArray(body.details)
    ? body.details.filter(isObject).map(({ location, name }) => `${location} ${name}`)
    : [];

/** The `last_modified` that a body gives; NaN when it gives none. */
const importedTime = (body: string | undefined): number =>
  Number(/"last_modified":\s*(-?\d+)\b/.exec(body ?? "")?.[1] ?? Number.NaN);

const isMergeOfPermissions = ({ method, headers, body = "" }: Sent): boolean =>
  method === "PATCH" &&
  Object.values(headers).includes("application/merge-patch+json") &&
  body.includes('"permissions":{"');

const isDeletedAtZero = ({ method, path }: Sent): boolean =>
  method === "DELETE" && /[?&]last_modified=0+(&|$)/.test(path);

export const isAllowed = (seen: Seen): boolean => ALLOWED.some(({ allows }) => allows?.(seen));

/** Whether an allowed difference shows in later answers only. */
export const partsWays = (sent: Sent, answer: Answer): boolean => ALLOWED.some(({ parts }) => parts?.(sent, answer));
