import { isObject, type Json, unescapePointerPart } from "../json.ts";
import { pythonRepr } from "../python-repr.ts";
import { DRAFTS, getDraft, getSubschemaKind } from "./drafts.ts";
import { SchemaError } from "./limits.ts";
import { METASCHEMAS } from "./metaschemas.ts";
import type { Draft, OuterScope, Scope, Spend } from "./types.ts";
import { resolveUri } from "./uri.ts";

/** A schema with its scope. */
interface Target {
  readonly schema: Json;
  readonly scope: Scope;
}

interface Resource {
  readonly schema: Json;
  readonly draft: Draft;
}
interface Anchor extends Resource {
  readonly isDynamic: boolean;
}

/**
 * The targets of references in one document: the document, its subschemas with a URI or an anchor, and the metaschemas.
 * Nothing is fetched.
 */
export class References {
  readonly root: Scope;
  readonly #resources = new Map<string, Resource>();
  readonly #anchors = new Map<string, Anchor>();
  readonly #document: Resource;
  #isIndexed = false;

  constructor(schema: Json, draft: Draft) {
    this.#document = { schema, draft };
    const id = isObject(schema) ? draft.idOf(schema) : undefined;
    this.root = { draft, base: withoutEmptyFragment(id ?? ""), outer: undefined };
    this.#resources.set(this.root.base, this.#document);
  }

  /** @throws SchemaError if the reference cannot be resolved */
  resolve(reference: string, scope: Scope, spend: Spend): Target {
    const isLocal = reference.startsWith("#");
    const absolute = isLocal ? reference : resolveUri(scope.base, reference);
    const hash = absolute.indexOf("#");
    const uri = isLocal ? scope.base : hash < 0 ? absolute : absolute.slice(0, hash);
    const fragment = hash < 0 ? "" : absolute.slice(hash + 1);
    const resource = this.#findResource(uri, spend);
    if (resource === undefined) throw new SchemaError(`Unresolvable: ${reference}`);
    const target = { draft: scope.draft, base: uri, outer: enterFrom(scope, uri) };
    if (fragment === "") return { schema: resource.schema, scope: target };
    if (fragment.startsWith("/")) return followPointer(fragment, resource, target, spend);
    const anchor = this.#findAnchor(uri, fragment, spend);
    if (anchor === undefined) {
      throw new SchemaError(
        fragment.includes("/")
          ? `InvalidAnchor: '#${fragment}' is not a valid anchor`
          : `NoSuchAnchor: ${pythonRepr(fragment)} does not exist within ${pythonRepr(resource.schema)}`,
      );
    }
    if (!anchor.isDynamic) return { schema: anchor.schema, scope: target };
    let { schema, draft } = anchor;
    for (let outer = target.outer; outer !== undefined; outer = outer.outer) {
      spend(1);
      const outerAnchor = this.#findAnchor(outer.base, fragment, spend);
      if (outerAnchor?.isDynamic) ({ schema, draft } = outerAnchor);
    }
    return { schema, scope: enterSchema(schema, draft, target) };
  }

  /**
   * The target of `$recursiveRef: "#"`: the outermost document with `$recursiveAnchor`, up to the first one without.
   */
  resolveRecursive(scope: Scope, spend: Spend): Target {
    let found = this.resolve("#", scope, spend);
    if (!hasRecursiveAnchor(found.schema)) return found;
    for (let { outer } = scope; outer !== undefined; outer = outer.outer) {
      spend(1);
      const next = this.resolve(outer.base, scope, spend);
      if (!hasRecursiveAnchor(next.schema)) break;
      found = next;
    }
    return found;
  }

  #findResource(uri: string, spend: Spend): Resource | undefined {
    const resource = this.#resources.get(uri);
    if (resource !== undefined) return resource;
    this.#index(spend);
    return this.#resources.get(uri) ?? getMetaschemas().#resources.get(uri);
  }

  #findAnchor(uri: string, name: string, spend: Spend): Anchor | undefined {
    this.#index(spend);
    const key = anchorKey(uri, name);
    return this.#anchors.get(key) ?? getMetaschemas().#anchors.get(key);
  }

  /** Indexes the document when the first reference needs it. */
  #index(spend: Spend): void {
    if (this.#isIndexed) return;
    this.#isIndexed = true;
    this.add(this.#document, spend);
  }

  /** Adds everything in a document that has a URI or an anchor. */
  add(document: Resource, spend: Spend): void {
    const pending: (Resource & { base: string })[] = [{ ...document, base: "" }];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      const { schema } = next;
      if (!isObject(schema)) continue;
      spend(1);
      const draft = getDraft(schema, next.draft);
      const id = draft.idOf(schema);
      const base = id === undefined ? next.base : resolveUri(next.base, withoutEmptyFragment(id));
      if (id !== undefined) this.#resources.set(base, { schema, draft });
      for (const { name, isDynamic } of draft.anchorsOf(schema))
        this.#anchors.set(anchorKey(base, name), { schema, draft, isDynamic });
      for (const key of Object.keys(schema)) {
        const value = schema[key] as Json;
        const kind = getSubschemaKind(draft, key, value);
        if (kind === "schema") pending.push({ schema: value, draft, base });
        else if (kind === "schemas" && typeof value === "object" && value !== null) {
          for (const subschema of Object.values(value)) pending.push({ schema: subschema, draft, base });
        }
      }
    }
  }
}

const anchorKey = (uri: string, name: string): string => `${uri}#${name}`;

/** The lookbehind keeps it linear: without it, each `#` of a long run would be tried as the first one. */
const withoutEmptyFragment = (uri: string): string => uri.replace(/(?<!#)#+$/, "");

const hasRecursiveAnchor = (schema: Json): boolean =>
  isObject(schema) && Object.hasOwn(schema, "$recursiveAnchor") && schema.$recursiveAnchor === true;

let metaschemas: References | undefined;
const getMetaschemas = (): References => {
  if (metaschemas !== undefined) return metaschemas;
  const draft = DRAFTS["2020-12"];
  metaschemas = new References(true, draft);
  for (const schema of METASCHEMAS) metaschemas.add({ schema, draft: getDraft(schema, draft) }, () => {});
  return metaschemas;
};

/** The outer scopes after a reference from `scope` to the document `base`. */
const enterFrom = (scope: Scope, base: string): OuterScope | undefined =>
  scope.base !== "" && (scope.outer === undefined || base !== scope.base)
    ? { base: scope.base, outer: scope.outer }
    : scope.outer;

/** The scope within a schema. If the schema has a URI, its references are relative to that. */
export const enterSchema = (schema: Json, draft: Draft, scope: Scope): Scope => {
  const id = isObject(schema) ? draft.idOf(schema) : undefined;
  return id === undefined ? scope : { ...scope, base: resolveUri(scope.base, withoutEmptyFragment(id)) };
};

/** Follows a JSON pointer, and enters the scopes of the schemas on its way. */
const followPointer = (pointer: string, { schema, draft }: Resource, start: Scope, spend: Spend): Target => {
  let current = schema;
  let scope = start;
  let expected: "schema" | "schemas" | undefined = "schema";
  for (const segment of decodePercent(pointer.slice(1)).split("/")) {
    spend(1);
    const key: string = Array.isArray(current) ? segment : unescapePointerPart(segment);
    const exists = Array.isArray(current)
      ? /^(0|[1-9]\d{0,8})$/.test(key) && Number(key) < current.length
      : isObject(current) && Object.hasOwn(current, key);
    if (!exists)
      throw new SchemaError(`PointerToNowhere: ${pythonRepr(pointer)} does not exist within ${pythonRepr(schema)}`);
    const next = (current as Record<string, Json>)[key] as Json;
    if (expected === "schema") {
      expected = getSubschemaKind(draft, key, next);
      if (expected === "schema") scope = enterSchema(next, draft, scope);
    } else if (expected === "schemas") {
      expected = "schema";
      scope = enterSchema(next, draft, scope);
    }
    current = next;
  }
  return { schema: current, scope };
};

const decodePercent = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};
