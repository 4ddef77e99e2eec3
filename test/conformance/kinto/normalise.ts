import { isObject, type Json } from "../../../lib/json.ts";
import { placeOf } from "./story.ts";
import type { Answer, Exchange } from "./teller.ts";

/** The headers that clients read; others are not compared. */
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
const LISTED = [
  "allow",
  "cache-control",
  "access-control-allow-headers",
  "access-control-allow-methods",
  "access-control-expose-headers",
];

/** Times of the present, from an hour before the run to an hour after it: others were given by a request. */
const PRESENT = Date.now();
const isPresent = (time: number) => Number.isInteger(time) && Math.abs(time - PRESENT) < 3_600_000 * 3;

/**
 * Makes one server's answers to one story comparable with another's: timestamps become names that tell which are equal
 * and which is later, in each list by itself; ids that the server made become names; what has no order is sorted.
 */
export class Normaliser {
  readonly #times = new Map<string, { time: number; name: string }[]>();

  normalise({ sent, answer }: Exchange, made: readonly string[]): Answer {
    const place = placeOf(sent.path);
    const text = (value: string) => this.#text(value, listOf(place), made);
    const headers: Record<string, string> = {};
    for (const name of HEADERS) {
      const value = answer.headers[name];
      // Without an origin no browser asks.
      if (name.startsWith("access-control-") && sent.headers.origin === undefined) continue;
      // Nothing has no type, unless it stands for what a GET would bring.
      if (name === "content-type" && answer.body === undefined && sent.method !== "HEAD") continue;
      if (value !== undefined) headers[name] = text(headerText(name, value, answer.headers));
    }
    return {
      status: answer.status,
      headers,
      body: answer.body === undefined ? undefined : this.#json(answer.body, listOf(place), made),
    };
  }

  #json(value: Json, list: string, made: readonly string[], key = ""): Json {
    if (typeof value === "string") return this.#text(value, list, made);
    // A record's schema is told by the time of its collection, which is of another list.
    if (typeof value === "number")
      return isPresent(value)
        ? this.#time(value, key === "schema" ? list.replace(/\/[^/]*\/records$/, "") : list)
        : value;
    if (Array.isArray(value)) {
      const all = value.map((item) => this.#json(item, list, made, key));
      return PRINCIPALS.includes(key) ? all.toSorted() : all;
    }
    if (!isObject(value)) return value;
    // An entry of /permissions is of the list that its uri is in.
    const home = typeof value.uri === "string" ? listOf(`/v1${value.uri}`) : list;
    const names = Object.keys(value).toSorted();
    const parent = key === "permissions" || key === "principals" ? PRINCIPALS[0] : undefined;
    return Object.fromEntries(names.map((name) => [name, this.#json(value[name] as Json, home, made, parent ?? name)]));
  }

  #text(value: string, list: string, made: readonly string[]): string {
    const timed = value
      .replace(/^https?:\/\/(127\.0\.0\.1|localhost):\d+/, "http://host")
      .replace(/(?<=%22|(?<!\d))\d{13}(?!\d)/g, (digits) =>
        isPresent(Number(digits)) ? this.#time(Number(digits), list) : digits,
      );
    const sorted = timed.replace(
      /\[('[\w/+-]+'(?:, '[\w/+-]+')+)\]/,
      (_, types: string) => `[${types.split(", ").toSorted().join(", ")}]`,
    );
    return made.reduce((told, id, place) => told.replaceAll(id, `made-${place}`), sorted);
  }

  /** `T2`, and when it is first seen also which of those seen before it comes next after. */
  #time(time: number, list: string): string {
    const seen = this.#times.get(list) ?? [];
    this.#times.set(list, seen);
    const known = seen.find((one) => one.time === time);
    if (known !== undefined) return known.name;
    const before = seen.filter((one) => one.time < time).toSorted((a, b) => b.time - a.time)[0];
    const name = `T${seen.length}`;
    seen.push({ time, name });
    return before === undefined ? `${name} (before all)` : `${name} (after ${before.name})`;
  }
}

/** Keys whose lists have no order. */
const PRINCIPALS = ["principals", "permissions", "read", "write", "collection:create", "group:create", "record:create"];

/** The list that an object is in; a list's own path is that of its list. */
const listOf = (place: string): string => {
  const parts = place
    .replace(/^\/v\d+/, "")
    .replace(/\/$/, "")
    .split("/")
    .slice(1);
  return `/${(parts.length % 2 === 0 ? parts.slice(0, -1) : parts).join("/")}`;
};

const headerText = (name: string, value: string, all: Readonly<Record<string, string>>): string => {
  if (name === "last-modified") {
    const time = Number(all.etag?.replaceAll('"', ""));
    return Math.floor(time / 1000) * 1000 === Date.parse(value) ? "as the ETag" : value;
  }
  if (name === "next-page" || name === "location") {
    const url = new URL(value, "http://anywhere");
    if (url.searchParams.has("_token")) url.searchParams.set("_token", "a-token");
    // How many entries a page has is seen on the page.
    if (name === "next-page") url.searchParams.delete("_limit");
    url.searchParams.sort();
    return `${url.pathname}${decodeURIComponent(url.search)}`;
  }
  if (name === "expires") return "some time";
  if (name === "www-authenticate") return value.replace(/realm="[^"]*"/, 'realm="a name"');
  if (LISTED.includes(name))
    return value
      .toLowerCase()
      .split(/\s*,\s*/)
      .toSorted()
      .join(", ");
  return value;
};
