import { isObject, type Json, type JsonObject, parseJson, unescapePointerPart } from "./json.ts";
import { isEqual } from "./json-schema/equality.ts";
import { truncateText } from "./util/truncate-text.ts";

/** An operation of a JSON Patch. */
export type PatchOperation = {
  readonly op: string;
  readonly path: string;
  readonly from?: string;
  readonly value?: Json;
};

const MAX_OPERATIONS = 10_000;
/** Maximum nesting of arrays and objects in the result. */
const MAX_DEPTH = 100;
/** Maximum number of JSON characters that all `copy` operations may copy. Copies of copies would grow without bound. */
const MAX_COPIED_CHARS = 400_000;

/** A patch that cannot be applied. `tooLarge` is true when it copies more than {@link MAX_COPIED_CHARS} characters. */
export class JsonPatchError extends Error {
  readonly tooLarge: boolean;

  constructor(message: string, { tooLarge = false }: { readonly tooLarge?: boolean } = {}) {
    super(message);
    this.name = "JsonPatchError";
    this.tooLarge = tooLarge;
  }
}

/**
 * Applies a JSON Patch (RFC 6902) to a document, in place. Throws a {@link JsonPatchError} at the first operation
 * that cannot be applied. Keys such as `__proto__` are ordinary keys.
 *
 * @example
 * const document = { data: { n: 1 } };
 * applyJsonPatch(document, [{ op: "replace", path: "/data/n", value: 2 }]);
 */
export const applyJsonPatch = (document: JsonObject, operations: readonly PatchOperation[]): void => {
  if (operations.length > MAX_OPERATIONS) throw failure(`the patch has more than ${MAX_OPERATIONS} operations`);
  let copied = 0;
  for (const operation of operations) {
    const { op, path } = operation;
    if (op === "remove") remove(locate(document, path));
    else if (op === "move") move(document, requireFrom(operation), path);
    else if (op === "copy") {
      const json = JSON.stringify(readValue(locate(document, requireFrom(operation))));
      copied += json.length;
      if (copied > MAX_COPIED_CHARS)
        throw new JsonPatchError(`The patch copies more than ${MAX_COPIED_CHARS} characters`, { tooLarge: true });
      add(locate(document, path), parseJson(json) as Json);
    } else {
      const { value } = operation;
      if (value === undefined) throw failure(`'${op}' has no value`);
      const target = locate(document, path);
      if (op === "add") add(target, cloneJson(value));
      else if (op === "replace") replace(target, cloneJson(value));
      else if (!isEqual(value, readValue(target), () => undefined))
        throw failure(`the value at ${target.name} is different`);
    }
  }
  if (isDeeper(document, MAX_DEPTH)) throw failure(`the result is nested deeper than ${MAX_DEPTH} levels`);
};

const failure = (message: string) => new JsonPatchError(message);

const quote = (text: string): string => JSON.stringify(truncateText(text, 100));

/** The target of a JSON Pointer: a key of a container, which may be absent. */
interface Location {
  readonly container: JsonObject | Json[];
  readonly key: string;
  /** The pointer as messages quote it. */
  readonly name: string;
}

/** Resolves a JSON Pointer (RFC 6901). All parts but the last must exist. */
const locate = (document: JsonObject, pointer: string): Location => {
  const name = quote(pointer);
  const parts = pointer.slice(1).split("/");
  const key = unescapePart(parts.pop() ?? "");
  let container: Json = document;
  for (const part of parts)
    container = readValue({ container: containerAt(container, name), key: unescapePart(part), name });
  return { container: containerAt(container, name), key, name };
};

const containerAt = (value: Json, name: string): Location["container"] => {
  if (!Array.isArray(value) && !isObject(value))
    throw failure(`${name} leads into a value that is neither an object nor an array`);
  return value;
};

const unescapePart = (part: string): string => {
  if (/~(?![01])/.test(part)) throw failure(`${quote(part)} has a ~ that is neither ~0 nor ~1`);
  return unescapePointerPart(part);
};

const readValue = ({ container, key, name }: Location): Json => {
  const value = Array.isArray(container)
    ? container[parseIndex(key, name)]
    : Object.hasOwn(container, key)
      ? container[key]
      : undefined;
  if (value === undefined) throw failure(`there is no value at ${name}`);
  return value;
};

const parseIndex = (key: string, name: string): number => {
  if (!/^(0|[1-9]\d*)$/.test(key)) throw failure(`${name} does not end in an array index`);
  return Number(key);
};

const add = ({ container, key, name }: Location, value: Json): void => {
  if (!Array.isArray(container)) {
    setOwn(container, key, value);
    return;
  }
  const index = key === "-" ? container.length : parseIndex(key, name);
  if (index > container.length) throw failure(`${name} is beyond the end of the array`);
  container.splice(index, 0, value);
};

const replace = (at: Location, value: Json): void => {
  readValue(at);
  if (Array.isArray(at.container)) at.container[Number(at.key)] = value;
  else setOwn(at.container, at.key, value);
};

const remove = (at: Location): Json => {
  const value = readValue(at);
  if (Array.isArray(at.container)) at.container.splice(Number(at.key), 1);
  else delete at.container[at.key];
  return value;
};

const move = (document: JsonObject, from: string, path: string): void => {
  if (path.startsWith(`${from}/`)) throw failure(`${quote(from)} cannot be moved into itself`);
  const value = remove(locate(document, from));
  add(locate(document, path), value);
};

const requireFrom = ({ op, from }: PatchOperation): string => {
  if (from === undefined) throw failure(`'${op}' has no 'from'`);
  return from;
};

/** Defines the property, since assigning to `__proto__` would set the prototype. */
const setOwn = (object: JsonObject, key: string, value: Json): void => {
  Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
};

/** Copies a value, so that later operations do not change the patch. */
const cloneJson = (value: Json): Json => parseJson(JSON.stringify(value)) as Json;

const isDeeper = (value: Json, levels: number): boolean =>
  typeof value === "object" &&
  value !== null &&
  (levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1)));
