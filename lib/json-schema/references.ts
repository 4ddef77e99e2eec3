import { isObject, type Json } from "../json.ts";
import { pythonRepr } from "../python-repr.ts";
import { type Draft, draftOf, placeOf } from "./drafts.ts";
import { SchemaError } from "./errors.ts";
import { METASCHEMAS } from "./metaschemas.ts";
import { joinUri } from "./uri.ts";

/** Where in a schema an evaluation stands. */
export interface Scope {
  readonly draft: Draft;
  /** What relative references are relative to. */
  readonly base: string;
  /** The bases that the evaluation came through, innermost first. */
  readonly through: Through | undefined;
}
interface Through {
  readonly base: string;
  readonly rest: Through | undefined;
}

/** A schema with the scope it stands in. */
interface Found {
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

/** What references of one document lead to: the document, the schemas within it that have a URI or an anchor, and the metaschemas. Nothing else. */
export class References {
  readonly root: Scope;
  readonly #resources = new Map<string, Resource>();
  readonly #anchors = new Map<string, Anchor>();
  readonly #document: Resource;
  #isIndexed = false;

  constructor(schema: Json, draft: Draft) {
    this.#document = { schema, draft };
    this.root = {
      draft,
      base: (isObject(schema) ? draft.idOf(schema)?.replace(/#+$/, "") : undefined) ?? "",
      through: undefined,
    };
    this.#resources.set(this.root.base, this.#document);
  }

  /** The schema that a reference leads to; throws a {@link SchemaError} where there is none. `spend` is told each step. */
  find(reference: string, at: Scope, spend: (steps: number) => void): Found {
    const joined = reference.startsWith("#") ? reference : joinUri(at.base, reference);
    const hash = joined.indexOf("#");
    const uri = reference.startsWith("#") ? at.base : hash < 0 ? joined : joined.slice(0, hash);
    const fragment = hash < 0 ? "" : joined.slice(hash + 1);
    const resource = this.#resource(uri, spend);
    if (resource === undefined) throw new SchemaError(`Unresolvable: ${reference}`);
    const scope = { draft: at.draft, base: uri, through: throughTo(uri, at) };
    if (fragment === "") return { schema: resource.schema, scope };
    if (fragment.startsWith("/")) return follow(fragment, resource, scope, spend);
    const anchor = this.#anchor(uri, fragment, spend);
    if (anchor === undefined) {
      const why = fragment.includes("/")
        ? `InvalidAnchor: '#${fragment}' is not a valid anchor`
        : `NoSuchAnchor: ${pythonRepr(fragment)} does not exist within`;
      throw new SchemaError(fragment.includes("/") ? why : `${why} ${pythonRepr(resource.schema)}`);
    }
    if (!anchor.isDynamic) return { schema: anchor.schema, scope };
    let { schema, draft } = anchor;
    for (let outer = scope.through; outer !== undefined; outer = outer.rest) {
      spend(1);
      const same = this.#anchor(outer.base, fragment, spend);
      if (same?.isDynamic) ({ schema, draft } = same);
    }
    return { schema, scope: within(schema, draft, scope) };
  }

  /** What `$recursiveRef: "#"` leads to: the outermost of the documents that allow to be recursed into, in one row from here. */
  findRecursive(at: Scope, spend: (steps: number) => void): Found {
    let found = this.find("#", at, spend);
    if (!isRecursive(found.schema)) return found;
    for (let outer = at.through; outer !== undefined; outer = outer.rest) {
      spend(1);
      const next = this.find(outer.base, at, spend);
      if (!isRecursive(next.schema)) break;
      found = next;
    }
    return found;
  }

  #resource(uri: string, spend: (steps: number) => void): Resource | undefined {
    const resource = this.#resources.get(uri);
    if (resource !== undefined) return resource;
    this.#index(spend);
    return this.#resources.get(uri) ?? metaschemas().#resources.get(uri);
  }

  #anchor(uri: string, name: string, spend: (steps: number) => void): Anchor | undefined {
    this.#index(spend);
    const key = anchorKey(uri, name);
    return this.#anchors.get(key) ?? metaschemas().#anchors.get(key);
  }

  /** Finds all that has a URI or an anchor: once, and only for documents that ask for either. */
  #index(spend: (steps: number) => void): void {
    if (this.#isIndexed) return;
    this.#isIndexed = true;
    this.add(this.#document, "", spend);
  }

  add(document: Resource, uri: string, spend: (steps: number) => void): void {
    const left: (Resource & { base: string })[] = [{ ...document, base: uri }];
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      const { schema } = next;
      if (!isObject(schema)) continue;
      spend(1);
      const draft = draftOf(schema, next.draft);
      const id = draft.idOf(schema)?.replace(/#+$/, "");
      const base = id === undefined ? next.base : joinUri(next.base, id);
      if (id !== undefined) this.#resources.set(base, { schema, draft });
      for (const { name, isDynamic } of draft.anchorsOf(schema))
        this.#anchors.set(anchorKey(base, name), { schema, draft, isDynamic });
      for (const key of Object.keys(schema)) {
        const value = schema[key] as Json;
        const place = placeOf(draft, key, value);
        if (place === "schema") left.push({ schema: value, draft, base });
        else if (place === "schemas" && typeof value === "object" && value !== null) {
          for (const each of Object.values(value)) left.push({ schema: each, draft, base });
        }
      }
    }
  }
}

const anchorKey = (uri: string, name: string): string => `${uri}#${name}`;

const isRecursive = (schema: Json): boolean =>
  isObject(schema) && Object.hasOwn(schema, "$recursiveAnchor") && schema.$recursiveAnchor === true;

let shared: References | undefined;
const metaschemas = (): References => {
  if (shared !== undefined) return shared;
  shared = new References(true, draftOf(true));
  for (const schema of METASCHEMAS) shared.add({ schema, draft: draftOf(schema) }, "", () => {});
  return shared;
};

/** A reference adds the base it comes from to what the evaluation came through. */
const throughTo = (base: string, at: Scope): Through | undefined =>
  at.base !== "" && (at.through === undefined || base !== at.base) ? { base: at.base, rest: at.through } : at.through;

/** The scope within a schema: its own URI, if it has one, is what its references are relative to. */
export const within = (schema: Json, draft: Draft, scope: Scope): Scope => {
  const id = isObject(schema) ? draft.idOf(schema) : undefined;
  return id === undefined ? scope : { ...scope, base: joinUri(scope.base, id.replace(/#+$/, "")) };
};

/** Walks a JSON pointer, and takes on the URIs of the schemas it comes through. */
const follow = (pointer: string, { schema, draft }: Resource, start: Scope, spend: (steps: number) => void): Found => {
  let here = schema;
  let scope = start;
  let expects: "schema" | "schemas" | undefined = "schema";
  for (const segment of unquoted(pointer.slice(1)).split("/")) {
    spend(1);
    const key: string = Array.isArray(here) ? segment : segment.replaceAll("~1", "/").replaceAll("~0", "~");
    const isThere = Array.isArray(here)
      ? /^(0|[1-9]\d{0,8})$/.test(key) && Number(key) < here.length
      : isObject(here) && Object.hasOwn(here, key);
    if (!isThere)
      throw new SchemaError(`PointerToNowhere: ${pythonRepr(pointer)} does not exist within ${pythonRepr(schema)}`);
    const next = (here as Record<string, Json>)[key] as Json;
    if (expects === "schema") {
      expects = placeOf(draft, key, next);
      if (expects === "schema") scope = within(next, draft, scope);
    } else if (expects === "schemas") {
      expects = "schema";
      scope = within(next, draft, scope);
    }
    here = next;
  }
  return { schema: here, scope };
};

const unquoted = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};
