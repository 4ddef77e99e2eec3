import { isObject, type Json } from "../../../lib/json.ts";
import { pathOnly } from "./scenario.ts";
import type { Answer, Exchange } from "./scenario-client.ts";

/** Headers that clients read. Others are not compared. */
const HEADERS = [
  ...[
    "etag",
    "last-modified",
    "next-page",
    "total-objects",
    "total-records",
    "allow",
    "location",
    "cache-control",
    "expires",
    "pragma",
    "content-type",
  ],
  ...[
    "alert",
    "backoff",
    "retry-after",
    "www-authenticate",
    "access-control-allow-origin",
    "access-control-allow-headers",
    "access-control-allow-methods",
  ],
  ...["access-control-expose-headers", "access-control-max-age", "access-control-allow-credentials"],
];
const COMMA_LISTS = [
  "allow",
  "cache-control",
  "access-control-allow-headers",
  "access-control-allow-methods",
  "access-control-expose-headers",
];

/** The time of this run. Timestamps far from it were sent by a request and are compared as they are. */
const RUN_TIME_MS = Date.now();
const isRunTime = (time: number) => Number.isInteger(time) && Math.abs(time - RUN_TIME_MS) < 3_600_000 * 3;

/**
 * Makes the answers of two servers to one scenario comparable. Timestamps become names that keep equality and order
 * within a list. Generated ids become names. Unordered lists are sorted.
 */
export class AnswerNormalizer {
  readonly #times = new Map<string, { time: number; name: string }[]>();

  /** Whether times that are new get names. */
  #isNaming = true;

  normalize({ sent, answer, parts }: Exchange, made: readonly string[]): Answer {
    const place = pathOnly(sent.path);
    // What a history shows differs by design, which must not change the names of later times. Parts have names of their own.
    this.#isNaming = parts.length === 0 && !/\/(history|snapshot\/collections\/[^/]*)$/.test(place);
    const body = answer.body === undefined ? undefined : withoutDesignedValues(place, answer.body);
    const text = (value: string) => this.#text(value, listOf(place), made);
    const headers: Record<string, string> = {};
    for (const name of HEADERS) {
      const value = answer.headers[name];
      // Browsers read these headers only when they sent an Origin.
      if (name.startsWith("access-control-") && sent.headers.origin === undefined) continue;
      // An empty body has no type, except in the answer to HEAD.
      if (name === "content-type" && answer.body === undefined && sent.method !== "HEAD") continue;
      if (value !== undefined) headers[name] = text(normalizeHeader(name, value, answer.headers));
    }
    return {
      status: answer.status,
      headers,
      body: body === undefined ? undefined : this.#json(body, listOf(place), made),
    };
  }

  #json(value: Json, list: string, made: readonly string[], key = ""): Json {
    if (typeof value === "string") return this.#text(value, list, made);
    // A record's `schema` is a timestamp of its collection, which is in another list.
    if (typeof value === "number")
      return isRunTime(value)
        ? this.#time(value, key === "schema" ? list.replace(/\/[^/]*\/records$/, "") : list)
        : value;
    if (Array.isArray(value)) {
      const all = value.map((item) => this.#json(item, list, made, key));
      return PRINCIPALS.includes(key) ? all.toSorted() : all;
    }
    if (!isObject(value)) return value;
    // An entry of /permissions belongs to the list in its uri.
    const home = typeof value.uri === "string" ? listOf(`/v1${value.uri}`) : list;
    const names = Object.keys(value).toSorted();
    const parent = key === "permissions" || key === "principals" ? PRINCIPALS[0] : undefined;
    // An entry of a history has a timestamp of the history.
    const timestamps = isHistory(list) ? list : home;
    return Object.fromEntries(
      names.map((name) => {
        const place = name === "last_modified" ? timestamps : home;
        return [name, this.#json(value[name] as Json, place, made, parent ?? name)];
      }),
    );
  }

  #text(value: string, list: string, made: readonly string[]): string {
    const timed = value
      .replace(/^https?:\/\/(127\.0\.0\.1|localhost):\d+/, "http://host")
      .replace(/(?<=%22|(?<!\d))\d{13}(?!\d)/g, (digits) =>
        isRunTime(Number(digits)) ? this.#time(Number(digits), list) : digits,
      );
    const sorted = timed.replace(
      /\[('[\w/+-]+'(?:, '[\w/+-]+')+)\]/,
      (_, types: string) => `[${types.split(", ").toSorted().join(", ")}]`,
    );
    return made.reduce((text, id, index) => text.replaceAll(id, `made-${index}`), sorted);
  }

  /** Returns a name such as `T2`; on first use with its position, such as `T2 (after T1)`. */
  #time(time: number, list: string): string {
    const seen = this.#times.get(list) ?? [];
    this.#times.set(list, seen);
    const known = seen.find((one) => one.time === time);
    if (known !== undefined) return known.name;
    if (!this.#isNaming) return "a time";
    const before = seen.filter((one) => one.time < time).toSorted((a, b) => b.time - a.time)[0];
    const name = `T${seen.length}`;
    seen.push({ time, name });
    return before === undefined ? `${name} (before all)` : `${name} (after ${before.name})`;
  }
}

const isHistory = (place: string): boolean => /\/history$/.test(place);

/** Removes what each server makes itself: ids and dates of entries of a history, and hashes of passwords. */
const withoutDesignedValues = (place: string, body: Json): Json => {
  if (!isObject(body) || !/\/(history|accounts(\/[^/]*)?)$/.test(place)) return body;
  const { data } = body;
  if (Array.isArray(data)) return { ...body, data: data.map(withoutOwnValues(place)) };
  return data === undefined ? body : { ...body, data: withoutOwnValues(place)(data) };
};

const withoutOwnValues =
  (place: string) =>
  (data: Json): Json => {
    if (!isObject(data)) return data;
    if (!isHistory(place)) {
      const { password: _, ...others } = data;
      return others;
    }
    return {
      ...data,
      ...(/^[\da-f-]{36}$/.test(`${data.id}`) && { id: "an id" }),
      ...(/^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{6}\+00:00$/.test(`${data.date}`) && { date: "a date" }),
    };
  };

/** Keys whose lists are unordered. */
const PRINCIPALS = ["principals", "permissions", "read", "write", "collection:create", "group:create", "record:create"];

/** Returns the path of the list that an object or a snapshot is of; a list's path is its own. */
const listOf = (place: string): string => {
  const parts = place
    .replace(/\/snapshot(\/collections\/[^/]*)@[^/@]*$/, "$1/records")
    .replace(/^\/v\d+/, "")
    .replace(/\/$/, "")
    .split("/")
    .slice(1);
  return `/${(parts.length % 2 === 0 ? parts.slice(0, -1) : parts).join("/")}`;
};

const normalizeHeader = (name: string, value: string, all: Readonly<Record<string, string>>): string => {
  if (name === "last-modified") {
    const time = Number(all.etag?.replaceAll('"', ""));
    return Math.floor(time / 1000) * 1000 === Date.parse(value) ? "as the ETag" : value;
  }
  if (name === "next-page" || name === "location") {
    const url = new URL(value, "http://anywhere");
    if (url.searchParams.has("_token")) url.searchParams.set("_token", "a-token");
    // The page size is compared by the page itself.
    if (name === "next-page") url.searchParams.delete("_limit");
    url.searchParams.sort();
    return `${url.pathname}${decodeURIComponent(url.search)}`;
  }
  if (name === "expires") return "some time";
  if (name === "www-authenticate") return value.replace(/realm="[^"]*"/g, 'realm="a name"');
  if (COMMA_LISTS.includes(name))
    return value
      .toLowerCase()
      .split(/\s*,\s*/)
      .toSorted()
      .join(", ");
  return value;
};
