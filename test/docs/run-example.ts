import { expect } from "@jest/globals";
import { isObject, type Json } from "../../lib/json.ts";
import { type RawRequest, sendRaw } from "../send-raw.ts";
import type { Example } from "./http-page.ts";

/**
 * Texts on a page that stand for a value of one run, and patterns of such values. All occurrences of a text stand for
 * the same value, and two texts never stand for one value.
 */
const PLACEHOLDERS: readonly (readonly [placeholder: RegExp, value: string])[] = [
  [/basicauth:[0-9a-f]+…/, "basicauth:[0-9a-f]{64}"],
  [/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/, "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"],
  // A timestamp in ms.
  [/\b1[78]\d{11}\b/, "\\d{13}"],
  [/[\w.-]+…/, "[\\w.%-]+"],
];
const PLACEHOLDER = new RegExp(PLACEHOLDERS.map(([{ source }]) => `(${source})`).join("|"), "g");
/** Texts that stand for any HTTP date, or for anything. */
const DATE = /\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT/;
const WILDCARD = new RegExp(`${PLACEHOLDER.source}|(${DATE.source})|(…)`, "g");

/** Numbers that differ between runs and engines. */
const MEASURED_KEYS = [
  ...["took", "_score", "max_score"],
  ...["ms", "median_ms", "p95_ms", "max_ms", "time", "calls", "read_units", "write_units", "bytes", "cost_usd"],
];

const escapeRegExp = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");

/** The values that the placeholders of one page stand for in one run. */
export class Placeholders {
  readonly #values = new Map<string, string>();

  /** Replaces placeholders by the values that earlier responses gave them. */
  fill(text: string): string {
    return text.replace(PLACEHOLDER, (placeholder) => this.#values.get(placeholder) ?? placeholder);
  }

  /** `actual` if a text of the page can stand for it; otherwise the text, filled. */
  resolve(shown: string, actual: string): string {
    const names: (string | undefined)[] = [];
    let pattern = "";
    let end = 0;
    for (const found of shown.matchAll(WILDCARD)) {
      const [text, ...groups] = found;
      pattern += escapeRegExp(shown.slice(end, found.index));
      end = found.index + text.length;
      const kind = groups.findIndex((group) => group !== undefined);
      const known = this.#values.get(text);
      const isPlaceholder = kind < PLACEHOLDERS.length;
      names.push(isPlaceholder ? text : undefined);
      if (isPlaceholder) pattern += `(${known === undefined ? PLACEHOLDERS[kind]?.[1] : escapeRegExp(known)})`;
      else pattern += kind === PLACEHOLDERS.length ? `(${DATE.source})` : "([\\s\\S]*)";
    }
    const match = new RegExp(`^${pattern}${escapeRegExp(shown.slice(end))}$`).exec(actual);
    if (match === null) return this.fill(shown);
    for (const [place, name] of names.entries()) {
      const value = match[place + 1] ?? "";
      if (name === undefined || this.#values.has(name)) continue;
      const other = [...this.#values].find(([, taken]) => taken === value)?.[0];
      if (other !== undefined) return `${shown} (the page shows the same value as ${other} elsewhere)`;
      this.#values.set(name, value);
    }
    return actual;
  }

  /**
   * As {@link resolve}, for JSON. A key `…`, or `…` as the last item of an array, stands for everything that is not
   * shown.
   */
  resolveJson(shown: Json | undefined, actual: Json | undefined, key = ""): Json | undefined {
    if (shown === "…" && actual !== undefined) return actual;
    if (typeof shown === "string") return typeof actual === "string" ? this.resolve(shown, actual) : shown;
    if (typeof shown === "number") {
      if (typeof actual !== "number") return shown;
      return MEASURED_KEYS.includes(key) ? actual : Number(this.resolve(String(shown), String(actual)));
    }
    if (Array.isArray(shown)) {
      const items = Array.isArray(actual) ? actual : [];
      const isPartial = shown.at(-1) === "…";
      const listed = isPartial ? shown.slice(0, -1) : shown;
      const resolved = listed.map((item, place) => this.resolveJson(item, items[place]) as Json);
      return isPartial ? [...resolved, ...items.slice(listed.length)] : resolved;
    }
    if (!isObject(shown)) return shown;
    const fields = isObject(actual) ? actual : {};
    const { "…": partial, ...listed } = shown;
    const resolved = Object.entries(listed).map(([name, value]) => {
      const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
      return [name, this.resolveJson(value, field, name) as Json] as const;
    });
    return { ...(partial !== undefined && fields), ...Object.fromEntries(resolved) };
  }
}

/** Sends the request of an example, and expects the response that its page shows. */
export const runExample = async (
  api: string,
  { line, setup, request, response }: Example,
  placeholders: Placeholders,
): Promise<void> => {
  for (const prepare of setup) {
    const { status, body } = await sendRaw(api, prepare);
    if (status >= 300) throw new Error(`${prepare.method} ${prepare.path}: ${status} ${JSON.stringify(body)}`);
  }
  const answer = await sendRaw(api, filled(request, placeholders));
  const actual = {
    status: answer.status,
    headers: response.headers.map(([name]) => `${name}: ${withPageOrigin(answer.headers.get(name), api)}`),
    // A preflight is answered with null, which sendRaw leaves as text.
    body: answer.body === "null" ? null : withPageOrigin<Json | undefined>(answer.body, api),
  };
  const shownBody = response.body === undefined ? undefined : (JSON.parse(response.body) as Json);
  const example = `line ${line}: ${request.method} ${request.path}`;
  expect({ example, ...actual }).toEqual({
    example,
    status: response.status,
    headers: response.headers.map(([name, value], place) =>
      placeholders.resolve(`${name}: ${value}`, actual.headers[place] ?? ""),
    ),
    body: placeholders.resolveJson(shownBody, actual.body),
  });
};

const filled = ({ path, headers = {}, body, ...request }: RawRequest, placeholders: Placeholders): RawRequest => ({
  ...request,
  path: placeholders.fill(path),
  headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, placeholders.fill(value)])),
  ...(typeof body === "string" && { body: placeholders.fill(body) }),
});

/** Replaces the address of the store by the one that pages show. */
const withPageOrigin = <T>(part: T, api: string): T =>
  part === undefined ? part : JSON.parse(JSON.stringify(part).replaceAll(new URL(api).origin, "http://localhost:8888"));
