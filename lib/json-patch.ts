import { Failure, invalid } from "../core/errors.ts";
import { shown } from "../core/objects/draft.ts";
import { isObject, type Json, type JsonObject } from "./json.ts";
import { isEqual } from "./json-schema/equality.ts";

/** An operation of a JSON Patch. */
export type PatchOperation = {
  readonly op: string;
  readonly path: string;
  readonly from?: string;
  readonly value?: Json;
};

const MOST_OPERATIONS = 10_000;
/** Levels of arrays and objects in each other, as of a body. */
const DEEPEST = 100;
/** Characters of JSON that operations may copy in all: nobody can store more, and copies of copies grow without bounds. */
const MOST_COPIED = 400_000;

/** Carries out a JSON Patch (RFC 6902) on a document, in place; throws a 400 that says what can't be done. Every key is a key, `__proto__` too. */
export const operate = (document: JsonObject, operations: readonly PatchOperation[]): void => {
  if (operations.length > MOST_OPERATIONS) throw failure(`there are more than ${MOST_OPERATIONS} operations`);
  let copied = 0;
  for (const operation of operations) {
    const { op, path } = operation;
    if (op === "remove") remove(place(document, path));
    else if (op === "move") move(document, sourceOf(operation), path);
    else if (op === "copy") {
      const json = JSON.stringify(present(place(document, sourceOf(operation))));
      copied += json.length;
      if (copied > MOST_COPIED)
        throw new Failure("REQUEST_TOO_LARGE", { message: "The patch copies more than an object can hold." });
      add(place(document, path), JSON.parse(json));
    } else {
      const { value } = operation;
      if (value === undefined) throw failure(`'${op}' without a value`);
      const there = place(document, path);
      if (op === "add") add(there, copyOf(value));
      else if (op === "replace") replace(there, copyOf(value));
      else if (!isEqual(value, present(there), () => undefined))
        throw failure(`the value at ${there.name} is another one`);
    }
  }
  if (isDeeper(document, DEEPEST)) throw failure(`it would make more than ${DEEPEST} levels`);
};

/** What cannot be done, as Kinto tells it. */
export const failure = (why: string) =>
  invalid({ location: "body", name: null, description: `JSON Patch operation failed: ${why}` });

/** Where a pointer leads: to what is, or may come, under a key of a container. */
interface Place {
  readonly container: JsonObject | Json[];
  readonly key: string;
  /** The pointer, as messages quote it. */
  readonly name: string;
}

/** Follows a JSON Pointer (RFC 6901) that begins with a slash; all but its last part must be there. */
const place = (document: JsonObject, pointer: string): Place => {
  const name = shown(pointer);
  const parts = pointer.slice(1).split("/");
  const key = unescaped(parts.pop() ?? "");
  let container: Json = document;
  for (const part of parts)
    container = present({ container: containerAt(container, name), key: unescaped(part), name });
  return { container: containerAt(container, name), key, name };
};

const containerAt = (value: Json, name: string): Place["container"] => {
  if (!Array.isArray(value) && !isObject(value))
    throw failure(`${name} leads into what is neither an object nor an array`);
  return value;
};

const unescaped = (part: string): string => {
  if (/~(?![01])/.test(part)) throw failure(`${shown(part)} has a ~ that is neither ~0 nor ~1`);
  return part.replaceAll("~1", "/").replaceAll("~0", "~");
};

const present = ({ container, key, name }: Place): Json => {
  const value = Array.isArray(container)
    ? container[indexOf(key, name)]
    : Object.hasOwn(container, key)
      ? container[key]
      : undefined;
  if (value === undefined) throw failure(`there is nothing at ${name}`);
  return value;
};

const indexOf = (key: string, name: string): number => {
  if (!/^(0|[1-9]\d*)$/.test(key)) throw failure(`${name} ends in no place of an array`);
  return Number(key);
};

const add = ({ container, key, name }: Place, value: Json): void => {
  if (!Array.isArray(container)) {
    define(container, key, value);
    return;
  }
  const index = key === "-" ? container.length : indexOf(key, name);
  if (index > container.length) throw failure(`${name} lies behind the end of its array`);
  container.splice(index, 0, value);
};

const replace = (at: Place, value: Json): void => {
  present(at);
  if (Array.isArray(at.container)) at.container[Number(at.key)] = value;
  else define(at.container, at.key, value);
};

const remove = (at: Place): Json => {
  const value = present(at);
  if (Array.isArray(at.container)) at.container.splice(Number(at.key), 1);
  else delete at.container[at.key];
  return value;
};

const move = (document: JsonObject, from: string, path: string): void => {
  if (path.startsWith(`${from}/`)) throw failure(`${shown(from)} can't be moved into itself`);
  const value = remove(place(document, from));
  add(place(document, path), value);
};

const sourceOf = ({ op, from }: PatchOperation): string => {
  if (from === undefined) throw failure(`'${op}' without a source`);
  return from;
};

/** Assigning to `__proto__` would do something else. */
const define = (object: JsonObject, key: string, value: Json): void => {
  Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
};

/** What is put into a document may be changed there; what came in stays as it is. */
const copyOf = (value: Json): Json => JSON.parse(JSON.stringify(value));

const isDeeper = (value: Json, levels: number): boolean =>
  typeof value === "object" &&
  value !== null &&
  (levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1)));
