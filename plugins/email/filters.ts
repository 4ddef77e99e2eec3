import { type ChangeEvent, type FilterPattern, matchesFilter } from "@kintoun/kit";
import type { RE2JS } from "re2js";
import { EVENTS, type Options, type OwnHook } from "./options.ts";

type EventName = (typeof EVENTS)[number];

/** The events that hooks in metadata can match. */
const COLLECTION_HOOK_EVENTS = EVENTS.filter((event) => event.startsWith("record.") || event.startsWith("collection."));

/** The events that at least one hook can match. */
export const subscribedEvents = ({ hooks, collectionHooks }: Options): readonly EventName[] => {
  const events = new Set([
    ...hooks.flatMap(({ on }) => on),
    ...(collectionHooks === undefined ? [] : COLLECTION_HOOK_EVENTS),
  ]);
  return EVENTS.filter((event) => events.has(event));
};

/** The bucket or collection ids that at least one hook can match; `undefined` for all. */
export const subscribedIds = (
  { hooks, collectionHooks }: Options,
  kind: "buckets" | "collections",
): readonly string[] | undefined => {
  const all = hooks.map((hook) => hook[kind]);
  if (collectionHooks !== undefined) all.push(kind === "buckets" ? collectionHooks.buckets : undefined);
  return all.includes(undefined) ? undefined : [...new Set(all.flatMap((ids) => ids ?? []))];
};

/** A pattern that matches what any hook matches; `undefined` where event names and ids suffice. */
export const subscribedPattern = ({ hooks, collectionHooks }: Options): FilterPattern | undefined => {
  const [first] = hooks;
  if (hooks.length === 1 && collectionHooks === undefined) return toFilterPattern(first?.where);
  if (hooks.length === 0) return undefined;
  const fromMetadata = collectionHooks && {
    on: COLLECTION_HOOK_EVENTS,
    buckets: collectionHooks.buckets,
    collections: undefined,
    where: undefined,
  };
  const all = [...hooks, ...(fromMetadata === undefined ? [] : [fromMetadata])];
  return {
    $or: all.flatMap(({ on, buckets, collections, where }) =>
      patternsByResource(on, { buckets, collections }, toFilterPattern(where)),
    ),
  };
};

/** One pattern per resource. Ids that contain `*` are left out: the worker checks them. */
const patternsByResource = (
  on: readonly EventName[],
  { buckets, collections }: Pick<OwnHook, "buckets" | "collections">,
  where: FilterPattern = {},
): FilterPattern[] => {
  const exactIds = (field: string, ids: readonly string[] | undefined) =>
    ids === undefined || ids.some((id) => id.includes("*")) ? {} : { [field]: ids };
  const ids = { ...exactIds("bucket_id", buckets), ...exactIds("collection_id", collections) };
  const types = Map.groupBy(on, (event) => event.slice(0, event.indexOf(".")));
  return [...types].map(([type, events]) => ({
    ...where,
    ...ids,
    resource_name: [type],
    action: events.map((event) => event.slice(event.indexOf(".") + 1)),
  }));
};

/** Whether an event matches a hook from the options. */
export const matchesHook = ({ on, buckets, collections, where }: OwnHook, event: ChangeEvent): boolean =>
  matchesFilter({ on, buckets, collections, where: toFilterPattern(where) }, event);

/** The pattern is part of the plugin's listener, so the start checks it. */
const toFilterPattern = (where: OwnHook["where"]): FilterPattern | undefined => where as FilterPattern | undefined;

/** Whether a text matches a filter of a hook in metadata. */
type TextFilter = (text: string) => boolean;

/**
 * Maximum number of instructions of a regular expression with its repetitions written out. An event may meet sixty
 * expressions.
 */
const MAX_PROGRAM_SIZE = 1000;

let re2: Promise<typeof RE2JS> | undefined;

/**
 * Loads the compiler of kinto-emailer's filters. The regular expression engine is loaded on the first call, because
 * most stores have no such filter.
 */
export const loadFilterCompiler = async (): Promise<(filter: string) => TextFilter | undefined> => {
  re2 ??= import("re2js").then((loaded) => loaded.RE2JS);
  const engine = await re2;
  return (filter) => compileFilter(engine, filter);
};

/**
 * Compiles a filter: a text that must be equal or, if it begins with `^`, a regular expression. Expressions run in time
 * linear in the text. They support no lookahead except `^(?!…)` at the beginning, which excludes texts.
 * @returns `undefined` if the expression is invalid or too large
 */
const compileFilter = (engine: typeof RE2JS, filter: string): TextFilter | undefined => {
  if (!filter.startsWith("^")) return (text) => text === filter;
  const end = filter.startsWith("^(?!") ? findGroupEnd(filter, 1) : undefined;
  try {
    if (end === undefined) return compilePattern(engine, filter);
    const [excluded, rest] = [
      compilePattern(engine, `^(?:${filter.slice("^(?!".length, end)})`),
      compilePattern(engine, `^${filter.slice(end + 1)}`),
    ];
    return (text) => !excluded(text) && rest(text);
  } catch {
    return undefined;
  }
};

const compilePattern = (engine: typeof RE2JS, source: string): TextFilter => {
  const pattern = engine.compile(source);
  if (pattern.programSize() > MAX_PROGRAM_SIZE) throw new RangeError("The expression has too many repetitions");
  return (text) => pattern.matcher(text).find();
};

/** The index of the parenthesis that closes the group that begins at `from`. */
const findGroupEnd = (source: string, from: number): number | undefined => {
  let depth = 0;
  let inClass = false;
  for (let at = from; at < source.length; at++) {
    const char = source[at];
    if (char === "\\") at += 1;
    else if (inClass) inClass = char !== "]";
    else if (char === "[") inClass = true;
    else if (char === "(") depth += 1;
    else if (char === ")" && --depth === 0) return at;
  }
  return undefined;
};
