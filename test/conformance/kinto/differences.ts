import { isObject, type Json, type JsonObject, parseExactJson } from "../../../lib/json.ts";
import type { Difference } from "./compare.ts";
import { PLUGIN_DIFFERENCES } from "./plugin-differences.ts";
import { pathOnly } from "./scenario.ts";
import type { Answer, Sent } from "./scenario-client.ts";

/** One difference between the two answers to a request. */
export interface AnswerDifference {
  readonly difference: Difference;
  readonly sent: Sent;
  readonly kinto: Answer;
  readonly kintoun: Answer;
  /** Earlier requests of the same batch. */
  readonly earlier: readonly Sent[];
  /** Earlier requests of the scenario. */
  readonly before: readonly Sent[];
}

export interface AllowedDifference {
  /**
   * Its row in a table "Differences from Kinto" of docs/http-api; `null` if the difference is not part of the
   * protocol.
   */
  readonly row: string | null;
  readonly why: string;
  readonly allows?: (seen: AnswerDifference) => boolean;
  /** Returns whether the stored states differ after this request although the answers are equal. */
  readonly statesDiffer?: (sent: Sent, answer: Answer) => boolean;
}

/** Differences between Kinto and Kintoun that are allowed, each with a row in the documentation. */
export const ALLOWED_DIFFERENCES: readonly AllowedDifference[] = [
  {
    row: null,
    why: "/permissions is sorted by id, and generated ids differ between servers",
    allows: ({ difference: { where }, sent, kinto, kintoun }) =>
      isAt(sent, "/permissions") &&
      /^(body\.data\b|headers\.next-page$)/.test(where) &&
      // A page that follows such a page begins elsewhere.
      (JSON.stringify([kinto.body, kintoun.body]).includes("made-") || /[?&]_token=/.test(sent.path)),
  },
  {
    row: null,
    why: "the root page names the software and its plugins, with versions, descriptions and links",
    allows: ({ difference: { where }, sent }) =>
      isAt(sent, "/") &&
      /^body\.(project_(name|version|docs)|config|capabilities\.\w+(\.(description|url)|$)|settings\.explicit_permissions)\b/.test(
        where,
      ),
  },
  {
    row: null,
    why: "contribute.json describes the project",
    allows: ({ difference: { where }, sent }) => isAt(sent, "/contribute.json") && where.startsWith("body"),
  },
  {
    row: null,
    why: "the heartbeat names the parts of each server",
    allows: ({ difference: { where, kinto, kintoun }, sent }) =>
      isAt(sent, "/__heartbeat__") && where.startsWith("body.") && kinto !== false && kintoun !== false,
  },
  { row: null, why: "Kinto answered with an internal error", allows: ({ kinto }) => kinto.status === 500 },
  {
    row: null,
    why: "clients do not read the body of a redirect",
    allows: ({ difference: { where }, kinto, kintoun }) =>
      kinto.status === 307 && kintoun.status === 307 && (where === "body" || where === "headers.content-type"),
  },
  {
    row: "timestamps of a list that was deleted and created again",
    why: "they continue to rise from the last timestamp of the list",
    allows: ({ difference: { where, kinto, kintoun } }) =>
      isTime(where) && /^"?T\d+/.test(`${kinto}`) && (isFarFuture(kintoun) || isLater(`${kintoun}`, `${kinto}`)),
  },
  {
    row: "a list that is deleted and created again and was never written to",
    why: "it keeps its timestamp",
    allows: ({ difference: { where, kinto: theirs, kintoun: ours }, kinto }) =>
      where === "headers.etag" && /^"T\d+ \(/.test(`${theirs}`) && /^"T\d+"$/.test(`${ours}`) && isEmptyList(kinto),
  },
  {
    row: "a write with a `last_modified` in the past of the list",
    why: "it moves the list's timestamp, so that polling clients see it",
    allows: ({ difference: { where, kinto, kintoun } }) =>
      isTime(where) && isFarFuture(kinto) && isFarFuture(kintoun) && toMs(kintoun) > toMs(kinto),
    statesDiffer: ({ method, body }, { status }) =>
      /^(PUT|POST|PATCH)$/.test(method) && status < 300 && importedTime(body) <= Date.now(),
  },
  {
    row: "`last_modified` below 0 or more than a day in the future",
    why: "it would raise the list's timestamp for all writers",
    allows: ({ sent, kinto, kintoun }) =>
      (/"last_modified":\s*-?\d/.test(sent.body ?? "") || /[?&]last_modified=/.test(sent.path)) &&
      kinto.status < 300 &&
      kintoun.status === 400 &&
      TIMESTAMP_REFUSAL.test(messageOf(kintoun)),
  },
  {
    row: "`last_modified: 0` for an existing object; `last_modified: true`",
    why: "neither is a timestamp in the future",
    allows: ({ difference: { where }, sent }) =>
      isTime(where) &&
      (importedTime(sent.body) === 0 || isDeletedAtZero(sent) || /"last_modified":\s*true/.test(sent.body ?? "")),
    statesDiffer: (sent) => isDeletedAtZero(sent),
  },
  {
    row: "a refused request to the default bucket",
    why: "it creates nothing",
    statesDiffer: (sent, { status }) => isInDefault(sent) && status >= 400,
  },
  {
    row: "a PUT of a record in the default bucket whose id ends with the id of its collection",
    why: "it creates the collection as any other write does",
    allows: ({ sent, kinto, kintoun }) => {
      const [, collection, record] = /\/collections\/([^/]+)\/records\/([^/]+)$/.exec(pathOnly(sent.path)) ?? [];
      const isAlike = collection !== undefined && record?.endsWith(collection) === true;
      return isInDefault(sent) && sent.method === "PUT" && isAlike && kinto.status === 404 && kintoun.status === 201;
    },
  },
  {
    row: "a Merge Patch of permissions by a user without `write` on the object itself",
    why: "permissions that it does not name are kept",
    allows: ({ difference: { where }, sent }) => where.startsWith("body.permissions") && isMergeOfPermissions(sent),
    statesDiffer: (sent, { status, body }) =>
      isMergeOfPermissions(sent) && status === 200 && !/"write":\[[^\]]*basicauth:/.test(JSON.stringify(body)),
  },
  {
    row: "permissions of the objects that a DELETE with `_limit` keeps",
    why: "they are kept",
    statesDiffer: ({ method, path }, { headers }) =>
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
    row: "an integer beyond 64 bits",
    why: "numbers never change silently",
    allows: ({ difference: { kinto: theirs, kintoun: ours }, sent, kintoun }) =>
      isRounded(theirs, ours) || (isWrite(sent) && isNumberRefusal(kintoun)),
  },
  {
    row: "a fraction that a double does not hold exactly",
    why: "numbers never change silently",
    allows: ({ sent, kintoun }) => isWrite(sent) && isNumberRefusal(kintoun),
  },
  {
    row: "an integer beyond ±(2^53 − 1) with an exponent or a point, such as `1e20`, `9007199254740993.0`",
    why: "JSON has one kind of number",
    allows: ({ difference: { kinto: theirs, kintoun: ours } }) => isRounded(theirs, ours),
  },
  {
    row: "a filter with an integer of more than 38 digits or a fraction that a double does not hold, a duplicate key, or more than 100 levels",
    why: "numbers never change silently",
    allows: ({ sent, kintoun }) =>
      sent.method === "HEAD" ? kintoun.status === 400 && /=[^&]*\d{17}/.test(sent.path) : isNumberRefusal(kintoun),
  },
  {
    row: "a Merge Patch of an object into a field with another value",
    why: "the object replaces the value, as RFC 7396 says",
    allows: ({ difference: { where, kinto: theirs, kintoun: ours }, sent }) =>
      where.startsWith("body.data.") &&
      isMergePatch(sent) &&
      !isObject(theirs ?? null) &&
      (ours === undefined || (isObject(ours) && Object.keys(ours).length === 0)),
    // A light response has only the fields that Kinto changed.
    statesDiffer: (sent, { status }) =>
      status === 200 && isMergePatch(sent) && sent.headers["response-behavior"] !== undefined,
  },
  {
    row: "groups of a bucket that was deleted",
    why: "they have no members any more",
    allows: ({ difference, before, kinto, kintoun }) =>
      before.some(
        ({ method, path }) => method === "DELETE" && /^(\/v1)?\/buckets(\/[^/]*)?\/*$/.test(pathOnly(path)),
      ) &&
      (difference.where === "body.user.principals" ||
        isListContent(difference) ||
        (!isRefused(kinto) && isRefused(kintoun))),
  },
  {
    row: "group membership changed in a batch",
    why: "later requests of a batch see what earlier ones did",
    allows: ({ kinto, kintoun, earlier }) =>
      earlier.some((one) => isWrite(one) && /\/(groups\b|buckets(\/[^/?]*)?$)/.test(pathOnly(one.path))) &&
      [kinto, kintoun].some(isRefused),
  },
  {
    row: "a 412 for a user who may create the object, but not read it",
    why: "the permission to create is not one to read",
    allows: ({ difference: { where, kintoun: ours }, sent, kinto, kintoun }) =>
      /^(body\.details|headers\.(etag|last-modified))\b/.test(where) &&
      ours === undefined &&
      sent.headers["if-none-match"] === "*" &&
      kinto.status === 412 &&
      kintoun.status === 412,
  },
  {
    row: "a 412 in a list that was never written to",
    why: "a refused request changes nothing",
    allows: ({ difference: { where, kintoun: ours }, kinto, kintoun }) =>
      where === "headers.etag" && ours === '"0"' && kinto.status === 412 && kintoun.status === 412,
  },
  {
    row: '`If-None-Match: W/"{timestamp}"`, `If-Match: W/"{timestamp}"`',
    why: "caches weaken the tags of responses that they compress",
    allows: ({ sent: { headers }, kinto }) =>
      kinto.status === 400 && ["if-match", "if-none-match"].some((name) => /W\/"\d+"/.test(headers[name] ?? "")),
  },
  {
    row: "several entity tags in `If-Match` or `If-None-Match`",
    why: "RFC 9110 allows them",
    allows: ({ sent: { headers }, kinto }) =>
      kinto.status === 400 && ["if-match", "if-none-match"].some((name) => /"\d+",/.test(headers[name] ?? "")),
  },
  {
    row: "a 304 response",
    why: "it has the Cache-Control and Expires headers of the 200",
    allows: ({ difference: { where, kinto: theirs }, kinto, kintoun }) =>
      /^headers\.(cache-control|expires)$/.test(where) &&
      theirs === undefined &&
      kinto.status === 304 &&
      kintoun.status === 304,
  },
  {
    row: "`If-Match` on POST without an id",
    why: "it applies to the list's timestamp",
    allows: ({ sent, kinto, kintoun }) =>
      sent.method === "POST" &&
      sent.headers["if-match"] !== undefined &&
      !/"id":/.test(sent.body ?? "") &&
      kinto.status === 412 &&
      kintoun.status !== 412,
  },
  {
    row: '`If-Match: "0"`',
    why: "a precondition is never ignored",
    allows: ({ sent, kintoun }) => sent.headers["if-match"] === '"0"' && kintoun.status === 412,
  },
  {
    row: "a 406, a 415, or a 400 for an `Origin` that is not allowed",
    why: "the request is checked before the object is read",
    allows: ({ sent, kinto, kintoun }) =>
      ([406, 415].includes(kintoun.status) && kinto.status === 404) ||
      (kintoun.status === 400 &&
        sent.headers.origin !== undefined &&
        [400, 401, 403, 404].includes(kinto.status) &&
        (sent.method === "HEAD" || isNamed(kintoun, "Origin"))),
  },
  {
    row: "an empty `Accept` header",
    why: "any type is accepted",
    allows: ({ sent, kinto }) => sent.headers.accept === "" && kinto.status === 406,
  },
  {
    row: "`Access-Control-Expose-Headers`",
    why: "all headers are listed",
    allows: ({ difference: { where, kinto, kintoun }, sent: { method } }) =>
      where === "headers.access-control-expose-headers" &&
      (kintoun === undefined ? method === "OPTIONS" : hasAll(kintoun, kinto)),
  },
  {
    row: "`Access-Control-Allow-Headers` of a preflight",
    why: "all headers are listed",
    allows: ({ difference: { where, kinto, kintoun } }) =>
      where === "headers.access-control-allow-headers" && hasAll(kintoun, kinto),
  },
  {
    row: "`Authorization: Basic` with text after the credentials",
    why: "these are not valid credentials",
    allows: ({ sent }) => /^basic\s+\S+\s+\S/i.test(sent.headers.authorization ?? ""),
  },
  {
    row: "a 401, 403 or 405 after a redirect in a batch",
    why: "it is answered as outside of a batch",
    allows: ({ sent, kinto, kintoun }) =>
      sent.inBatch === true &&
      /(^\/v1|\/)$/.test(pathOnly(sent.path)) &&
      ((kinto.status === 403 && isRefused(kintoun)) || ([404, 405].includes(kinto.status) && kintoun.status === 405)),
  },
  {
    row: "`Access-Control-Allow-Origin` of a 401 or 403 in a batch",
    why: "it is answered as outside of a batch",
    allows: ({ difference: { where, kinto: theirs }, sent, kinto }) =>
      sent.inBatch === true &&
      where === "headers.access-control-allow-origin" &&
      theirs === undefined &&
      [401, 403].includes(kinto.status),
  },
  {
    row: "`Backoff` in a batch",
    why: "the answer to the batch has it",
    allows: ({ difference: { where, kintoun }, sent }) =>
      sent.inBatch === true && where === "headers.backoff" && kintoun === undefined,
  },
  {
    row: "a repeated parameter in `Next-Page`",
    why: "the next page has the same filters",
    allows: ({ difference: { where, kinto, kintoun }, sent }) =>
      where === "headers.next-page" &&
      kinto !== undefined &&
      kintoun !== undefined &&
      /[?&](_\w+)=[^&]*&(.*&)?\1=/.test(sent.path),
  },
  {
    row: "a PUT or POST without a body in the default bucket",
    why: "it is answered as elsewhere",
    allows: ({ difference: { where }, sent }) =>
      isInDefault(sent) && /^(PUT|POST)$/.test(sent.method) && sent.body === undefined && where.startsWith("body.data"),
  },
  {
    row: "the default bucket when `explicit_permissions` is off",
    why: "it belongs to its user",
    allows: ({ difference, sent, kinto, kintoun, before }) =>
      isInDefault(sent)
        ? (kinto.status === 403 && kintoun.status !== 403) || difference.where.startsWith("body.permissions")
        : // A HEAD request created the bucket without showing it. It is in the list.
          isAt(sent, "/buckets") &&
          isListContent(difference) &&
          before.some((one) => one.method === "HEAD" && isInDefault(one)),
  },
  {
    row: "an anonymous write to the default bucket when the store is read-only",
    why: "the user decides what the default bucket is",
    allows: ({ sent, kinto, kintoun }) => isInDefault(sent) && kinto.status === 405 && kintoun.status === 401,
  },
  {
    row: "a 405 when the store is read-only",
    why: "it has an Allow header",
    allows: ({ difference: { where, kinto: theirs }, kinto }) =>
      where === "headers.allow" && theirs === undefined && kinto.status === 405,
  },
  {
    row: "`DELETE ?last_modified=` with a value that is not an integer, or is quoted",
    why: "the request is checked before the object is read, and a timestamp is an integer",
    allows: ({ sent, kinto, kintoun }) =>
      sent.method === "DELETE" &&
      /[?&]last_modified=/.test(sent.path) &&
      ((kinto.status === 404 && errnoOf(kinto) === 110) ||
        (kinto.status === 200 && /last_modified=\d+\.\d/.test(sent.path))) &&
      isNamed(kintoun, "last_modified"),
  },
  {
    row: "`/permissions`",
    why: "its ETag is the present time",
    allows: ({ difference: { where }, sent, kinto }) =>
      isAt(sent, "/permissions") &&
      (/^headers\.(etag|last-modified)$/.test(where) ||
        (kinto.status === 304 && sent.headers["if-none-match"] === '"0"')),
  },
  {
    row: "settings that grant permissions (`collection_create_principals` …) in a bucket that does not exist",
    why: "a child of a missing bucket could not be read again",
    allows: ({ sent, kinto, kintoun }) =>
      /\/buckets\/[^/]+\//.test(sent.path) && ![401, 403, 404].includes(kinto.status) && kintoun.status === 404,
  },
  {
    row: "several errors in one request",
    why: "the first that is found is answered",
    allows: ({ difference: { where }, kinto, kintoun }) =>
      /^body\.(details|message|errno)\b/.test(where) &&
      (messageOf(kintoun).startsWith("Number of requests is limited to ") ||
        (detailsOf(kinto).length > 1 && detailsOf(kintoun).every((detail) => detailsOf(kinto).includes(detail)))),
  },
  {
    row: "a POST with an invalid id by a user who may not create the object",
    why: "bodies are parsed after the permission check",
    allows: ({ sent, kinto, kintoun }) =>
      sent.method === "POST" && messageOf(kinto) === "path: Invalid object id" && isRefused(kintoun),
  },
  {
    row: "`%3F` in a path",
    why: "API Gateway cuts the path there",
    allows: ({ sent }) => /%3f/i.test(pathOnly(sent.path)),
  },
  {
    row: "`_token`",
    why: "it is signed",
    allows: ({ sent, kinto, kintoun }) =>
      /[?&]_token=[^&]/.test(sent.path) && kinto.status === 200 && kintoun.status === 400,
  },
  {
    row: "a `_token` after an object whose `last_modified` is more than a day in the future",
    why: "a token that was issued stays valid",
    allows: ({ sent, kinto, kintoun }) =>
      /[?&]_token=[^&]/.test(sent.path) && kinto.status === 400 && kintoun.status === 200,
  },
  {
    row: "`_limit` or `_since` such as `1.5` or `1e3`",
    why: "neither is an integer",
    allows: ({ sent, kinto, kintoun }) =>
      /[?&]_(limit|since|before|to)=(%22)?\d+(\.\d|e\d)/i.test(sent.path) &&
      kinto.status === 200 &&
      kintoun.status === 400,
  },
  {
    row: "`_since`, `_before`, `_to`, `_limit`, `_sort`, `_fields` or `_token` that is empty or `null`, or `_limit=0`, on DELETE",
    why: "an empty variable must not delete a list",
    allows: ({ sent, kinto, kintoun }) =>
      sent.method === "DELETE" &&
      kinto.status === 200 &&
      kintoun.status === 400 &&
      DELETION_REFUSAL.test(messageOf(kintoun)),
  },
  {
    row: "an unknown parameter that begins with `_`, such as `_befor`, on DELETE",
    why: "a misspelt name must not delete a list",
    allows: ({ sent, kinto, kintoun }) =>
      sent.method === "DELETE" &&
      kinto.status === 200 &&
      kintoun.status === 400 &&
      DELETION_REFUSAL.test(messageOf(kintoun)),
  },
  {
    row: "a JSON Patch that removes a permission, or replaces all with `{}`",
    why: "a revoked permission is gone",
    allows: ({ difference: { where }, sent }) =>
      where.startsWith("body.permissions") &&
      (sent.headers["content-type"] ?? "").startsWith("application/json-patch+json") &&
      /"\/permissions/.test(sent.body ?? ""),
    statesDiffer: (sent, { status }) =>
      status === 200 &&
      (sent.headers["content-type"] ?? "").startsWith("application/json-patch+json") &&
      /"op":"(remove|replace)","path":"\/permissions/.test(sent.body ?? ""),
  },
  {
    row: "a JSON Patch without operations",
    why: "it changes no permission",
    allows: ({ difference: { where }, sent }) => where.startsWith("body.permissions") && isEmptyPatch(sent),
    statesDiffer: (sent, { status }) => status === 200 && isEmptyPatch(sent),
  },
  {
    row: "an empty `_limit`, `null` or 0 when `paginateBy` is set",
    why: "no page is longer than paginateBy",
    allows: ({ difference, sent, kinto, kintoun }) =>
      /[?&]_limit(=(%22%22|%220+%22|0+|null)?)?(&|$)/.test(sent.path) &&
      kintoun.headers["next-page"] !== undefined &&
      (isListContent(difference) || (kinto.status === 200 && difference.where.startsWith("headers.next-page"))),
  },
  {
    row: "`_before=null`",
    why: "null is no bound",
    allows: ({ sent, kinto, kintoun }) =>
      /[?&]_before=null/.test(sent.path) && kinto.status === 200 && kintoun.status === 200,
  },
  {
    row: "`id=5`, `in_id=1,2`, `like_id=5`",
    why: "filters on id compare text",
    allows: ({ difference, sent, kinto, kintoun }) =>
      /[?&]([a-z_]+_)?id=/.test(sent.path) &&
      (isListContent(difference) ||
        (kinto.status === 400 &&
          kintoun.status === 200 &&
          (sent.method === "HEAD" || /^Invalid value for | is not a string/.test(messageOf(kinto))))),
  },
  {
    row: "a repeated filter (`x=1&x=2`)",
    why: "it is refused with a 400",
    allows: ({ sent, kinto, kintoun }) =>
      [200, 400].includes(kinto.status) &&
      (/ is given more than once$/.test(messageOf(kintoun)) ||
        (sent.method === "HEAD" && kintoun.status === 400 && /[?&](\w+)=[^&]*&(.*&)?\1=/.test(sent.path))),
  },
  {
    row: "`has_` after other filters, or when the user can read only part of the list",
    why: "all filters apply",
    allows: ({ difference, sent }) =>
      /[?&]has_/.test(sent.path) && (isListContent(difference) || isTime(difference.where)),
  },
  {
    row: "`contains_`, `contains_any_` on a string or object",
    why: "they match arrays only",
    allows: ({ difference, sent }) => /[?&]contains_/.test(sent.path) && isListContent(difference),
  },
  {
    row: "`true` and `1`, `false` and `0`",
    why: "they are different values",
    allows: ({ difference, sent }) =>
      /[?&](?!_)[^&]*=[^&]*\b(true|false|0|1)\b/.test(sent.path) && isListContent(difference),
  },
  {
    row: "`details[].name`",
    why: "it is a string",
    allows: ({ difference: { where, kinto, kintoun } }) =>
      /^body\.details\.\d+\.name$/.test(where) && typeof kinto === "number" && kintoun === String(kinto),
  },
  {
    row: "text of messages about malformed JSON, wrong types and queries that are not UTF-8",
    why: "JavaScript and Python describe the same error in their own words",
    allows: ({ difference: { where, kinto: theirs, kintoun: ours }, kinto, kintoun }) =>
      kinto.status === kintoun.status &&
      /^body\.(message|details\.\d+\.description)$/.test(where) &&
      MESSAGE_PATTERNS.some(([python, javascript = python]) => python.test(`${theirs}`) && javascript.test(`${ours}`)),
  },
  ...PLUGIN_DIFFERENCES,
];

const TIMESTAMP_REFUSAL = /last_modified is (more than a day in the future|a time in ms)/;
const NUMBER_REFUSAL = / (has more than 38 digits|is neither an integer nor fits a double)\. /;
const DELETION_REFUSAL = / (has no value|is not a parameter of DELETE)\. /;

/** Messages that contain values as Python or JavaScript print them, or the words of a parser. */
const MESSAGE_PATTERNS: readonly (readonly [kinto: RegExp, kintoun?: RegExp])[] = [
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

/** A timestamp in the far future that scenarios use. */
const FAR_FUTURE_MS = 4_102_444_800_000;

const toMs = (time: Json | undefined): number => Number(`${time}`.replaceAll('"', ""));
const isFarFuture = (time: Json | undefined): boolean => toMs(time) >= FAR_FUTURE_MS;

const isAt = ({ path }: Sent, place: string): boolean => withoutSlash(pathOnly(path)) === withoutSlash(`/v1${place}`);
const isTime = (where: string): boolean => /(\betag|\blast_modified|\blast-modified)$/.test(where);
/** Returns whether the difference is in the content of a list. */
const isListContent = ({ where }: Difference): boolean => /^(body\.data\b|headers\.(next-page|total-))/.test(where);
const isEmptyList = ({ body }: Answer): boolean =>
  body === undefined || (isObject(body) && Array.isArray(body.data) && body.data.length === 0);
const isInDefault = ({ path }: Sent): boolean => /^\/v1\/buckets\/default\b/.test(path);
const isRefused = ({ status }: Answer): boolean => status === 401 || status === 403;
const messageOf = ({ body }: Answer): string => (isObject(body) ? String(body.message) : "");
/** Returns whether the first error of an answer has that name. */
const isNamed = ({ body }: Answer, name: string): boolean =>
  isObject(body) &&
  Array.isArray(body.details) &&
  isObject(body.details[0] ?? null) &&
  (body.details[0] as JsonObject).name === name;
const isNumberRefusal = (answer: Answer): boolean => answer.status === 400 && NUMBER_REFUSAL.test(messageOf(answer));
/** Returns whether Kinto answers an integer as a double. */
const isRounded = (theirs: Json | undefined, ours: Json | undefined): boolean =>
  typeof ours === "bigint" && theirs !== ours && theirs === parseExactJson(JSON.stringify(Number(ours)));
const errnoOf = ({ body }: Answer): unknown => (isObject(body) ? body.errno : undefined);

/** Returns whether the names in a header include all names of another one. A missing header has no names. */
const hasAll = (names: Json | undefined, others: Json | undefined): boolean => {
  const held = `${names}`.split(", ");
  return others === undefined || `${others}`.split(", ").every((name) => held.includes(name));
};

export const isWrite = ({ method }: Sent): boolean => !["GET", "HEAD", "OPTIONS"].includes(method);
/** Returns whether a request addresses a bucket or collection that contains what the other request addresses. */
const isAbove = (one: Sent, other: Sent): boolean => {
  const place = withoutSlash(pathOnly(one.path));
  const above = /\/(buckets|collections)$/.test(place) || /\/(buckets|collections)\/[^/]+$/.test(place);
  return above && withoutSlash(pathOnly(other.path)).startsWith(`${place}/`);
};
const withoutSlash = (place: string): string => place.replace(/\/+$/, "");

/** Compares the positions of two timestamp names such as `T2 (after T1)`. */
const isLater = (one: string, other: string): boolean => orderOf(one) > orderOf(other);
const orderOf = (name: string): number => Number(/\(after T(\d+)\)/.exec(name)?.[1] ?? -1);

/** Location and name of each error of an answer. */
const detailsOf = ({ body }: Answer): readonly string[] =>
  isObject(body) && Array.isArray(body.details)
    ? body.details.filter(isObject).map(({ location, name }) => `${location} ${name}`)
    : [];

/** The `last_modified` of a request body; NaN when it has none. */
const importedTime = (body: string | undefined): number =>
  Number(/"last_modified":\s*(-?\d+)\b/.exec(body ?? "")?.[1] ?? Number.NaN);

const isEmptyPatch = ({ method, headers, body }: Sent): boolean =>
  method === "PATCH" && headers["content-type"] === "application/json-patch+json" && body === "[]";

const isMergePatch = ({ method, headers }: Sent): boolean =>
  method === "PATCH" && headers["content-type"] === "application/merge-patch+json";

const isMergeOfPermissions = (sent: Sent): boolean =>
  isMergePatch(sent) && (sent.body ?? "").includes('"permissions":{"');

const isDeletedAtZero = ({ method, path }: Sent): boolean =>
  method === "DELETE" && /[?&]last_modified=0+(&|$)/.test(path);

export const isAllowed = (seen: AnswerDifference): boolean => ALLOWED_DIFFERENCES.some(({ allows }) => allows?.(seen));

/** Returns whether an allowed difference shows only in later answers. */
export const mayStoreDifferently = (sent: Sent, answer: Answer): boolean =>
  ALLOWED_DIFFERENCES.some(({ statesDiffer: parts }) => parts?.(sent, answer));
