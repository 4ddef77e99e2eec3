import { isObject } from "../../../core/json.ts";
import type { Difference } from "./compare.ts";
import { placeOf } from "./story.ts";
import type { Answer, Sent } from "./teller.ts";

/** One difference between two answers to what was sent. */
export interface Seen {
  readonly difference: Difference;
  readonly sent: Sent;
  readonly kinto: Answer;
  readonly kintoun: Answer;
}

interface Allowed {
  /** What docs/compatibility.md calls it in its first column; `null` where what differs is no part of the protocol. */
  readonly row: string | null;
  readonly why: string;
  readonly allows: (seen: Seen) => boolean;
}

/** Where Kintoun may answer otherwise than Kinto. */
export const ALLOWED: readonly Allowed[] = [
  {
    row: null,
    why: "/permissions is sorted by ids, and those that a server made up fall otherwise with each",
    allows: ({ difference: { where }, sent, kinto, kintoun }) =>
      isAt(sent, "/permissions") && /^body\.data\b/.test(where) && JSON.stringify([kinto.body, kintoun.body]).includes("made-"),
  },
  {
    row: null,
    why: "hello tells of the software and its plugins: their names, versions, texts and pages",
    allows: ({ difference: { where }, sent }) =>
      isAt(sent, "/") && /^body\.(project_(name|version|docs)|config|capabilities\.\w+(\.(description|url)|$)|settings\.explicit_permissions)\b/.test(where),
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
  {
    row: null,
    why: "an error of Kinto's own",
    allows: ({ kinto }) => kinto.status === 500,
  },
  {
    row: null,
    why: "nobody reads what a redirect says",
    allows: ({ difference: { where }, kinto, kintoun }) =>
      kinto.status === 307 && kintoun.status === 307 && (where === "body" || where === "headers.content-type"),
  },
  {
    row: "a slash in an id, as `%2F`",
    why: "it is no id, rather than another path",
    allows: ({ sent, kinto, kintoun }) => /%2f/i.test(placeOf(sent.path)) && kinto.status === 404 && errnoOf(kinto) === 111 && kintoun.status >= 400,
  },
  {
    row: "`_token`",
    why: "it is signed",
    allows: ({ sent, kinto, kintoun }) => /[?&]_token=[^&]/.test(sent.path) && kinto.status === 200 && kintoun.status === 400,
  },
  {
    row: "timestamps of a list that was deleted and made anew",
    why: "they go on rising from where a request of the story had put them",
    allows: ({ difference: { where, kinto, kintoun } }) =>
      /\b(etag|last_modified)$/.test(where) && /^"?T\d+/.test(`${kinto}`) && Number(`${kintoun}`.replaceAll('"', "")) > FAR,
  },
  {
    row: "a group made without `data`",
    why: "its members are none, rather than not told",
    allows: ({ difference: { where, kinto, kintoun }, sent }) =>
      /\/groups(\/|\?|$)/.test(sent.path) && /^body\.data(\.\d+)?\.members$/.test(where) && kinto === undefined && JSON.stringify(kintoun) === "[]",
  },
  {
    row: "a 304",
    why: "it has the Cache-Control of the 200",
    allows: ({ difference: { where, kinto: theirs }, kinto, kintoun }) =>
      where === "headers.cache-control" && theirs === undefined && kinto.status === 304 && kintoun.status === 304,
  },
  {
    row: '`If-Match: "<timestamp>"` on POST without an id',
    why: "it is about the list's timestamp",
    allows: ({ sent, kinto, kintoun }) =>
      sent.method === "POST" &&
      /^"\d+"$/.test(sent.headers["if-match"] ?? "") &&
      !/"id":/.test(sent.body ?? "") &&
      kinto.status === 412 &&
      kintoun.status === 201,
  },
  {
    row: '`If-Match: "0"`',
    why: "a precondition is never dropped",
    allows: ({ sent, kintoun }) => sent.headers["if-match"] === '"0"' && kintoun.status === 412,
  },
  {
    row: "`_limit` or `_since` such as `1.5` or `1e3`",
    why: "neither is a place or a count",
    allows: ({ sent, kinto, kintoun }) => /[?&]_(limit|since|before|to)=(%22)?\d+(\.\d|e\d)/i.test(sent.path) && kinto.status === 200 && kintoun.status === 400,
  },
  {
    row: "`_before=null`",
    why: "no bound",
    allows: ({ sent, kinto, kintoun }) => /[?&]_before=null/.test(sent.path) && kinto.status === 200 && kintoun.status === 200,
  },
  {
    row: "whoever may not create posts what is malformed, or PATCHes what is not there",
    why: "the body is looked at last",
    allows: ({ sent, kinto, kintoun }) =>
      (sent.method === "POST" && messageOf(kinto) === "path: Invalid object id" && [401, 403, 404].includes(kintoun.status)) ||
      (sent.method === "PATCH" && kinto.status === 400 && kintoun.status === 404 && errnoOf(kintoun) === 110),
  },
  {
    row: "text of messages about malformed JSON and wrong types",
    why: "JavaScript's words and Python's for the same flaw",
    allows: ({ difference: { where, kinto: theirs, kintoun: ours }, kinto, kintoun }) =>
      kinto.status === kintoun.status &&
      /^body\.(message|details\.\d+\.description)$/.test(where) &&
      PYTHON.some(([python, javascript = python]) => python.test(`${theirs}`) && javascript.test(`${ours}`)),
  },
];

/** The time ahead that stories put into data. */
const FAR = 4_102_444_800_000;

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
];

const isAt = ({ path }: Sent, place: string): boolean => placeOf(path) === `/v1${place}`;
const messageOf = ({ body }: Answer): unknown => (isObject(body) ? body.message : undefined);
const errnoOf = ({ body }: Answer): unknown => (isObject(body) ? body.errno : undefined);

export const isAllowed = (seen: Seen): boolean => ALLOWED.some(({ allows }) => allows(seen));
