import {
  CORE_RESOURCES,
  type CoreResource,
  createResources,
  type DataIssue,
  EXECUTE_PERMISSION,
  type PluginResource,
  RESOURCES,
  type Resources,
} from "../../core/resources.ts";
import { isObject } from "../../lib/json.ts";
import { mapValues } from "../../lib/util/map-values.ts";
import { didYouMean } from "../../lib/util/nearest.ts";
import type { PluginManifest, PluginTypes } from "../plugin.ts";
import type { StandardSchema } from "../schema.ts";
import { type Named, ofOptions, type Part } from "./part.ts";

/**
 * A type of objects that a plugin adds, by its name in `resources`. Its objects have the protocol's verbs, permissions
 * (`read`, `write`), preconditions, lists and events (`device.create`), as records have.
 * @example
 * const device: ResourceDefinition = { about: "A sensor.", parent: "bucket", create: ["system.Authenticated"] };
 */
export interface ResourceDefinition<Siblings extends string = string, Config = unknown> {
  /** One sentence. */
  readonly about: string;
  /** The name of its lists in paths, such as `devices`; the name and an `s` when absent. */
  readonly plural?: string;
  /**
   * The resource that contains it. Objects are deleted with their parent, and inherit its permissions. Top level
   * (`/devices`) when absent.
   */
  readonly parent?: CoreResource | Siblings;
  /**
   * Principals that may create objects anywhere. When absent: authenticated users at the top level, otherwise
   * principals that the parent grants `device:create` or `write`.
   */
  readonly create?: Principals<Config>;
  /** Principals that may read all objects. When absent, only objects' own permissions count. */
  readonly read?: Principals<Config>;
  /** Principals that may write all objects. When absent, only objects' own permissions count. */
  readonly write?: Principals<Config>;
  /**
   * `chosen`: clients choose the ids, which may also have `+`, `.` and `@`, and a POST without an id gets a 400. When absent,
   * ids have letters, digits, `_` and `-`, and the store generates missing ones.
   */
  readonly ids?: "chosen";
  /** Returns the principal that has `write` on an object. When absent, the users who create and change it. */
  readonly owner?: (id: string) => string;
  /** Validates an object's data, without `id` and `last_modified`. Not validated when absent. */
  readonly schema?: StandardSchema;
}

/** Principals, or a function of the options that returns them. */
type Principals<Config> = readonly string[] | ((config: Config) => readonly string[]);

export interface ResourcesPart<Config, T extends PluginTypes> {
  readonly resources?: Readonly<Record<T["resources"], ResourceDefinition<NoInfer<T["resources"]>, NoInfer<Config>>>>;
}

/** A resource whose principals are known. */
type ResolvedResource = Omit<ResourceDefinition, "create" | "read" | "write"> & {
  readonly [Field in "create" | "read" | "write"]?: readonly string[];
};

export const resources: Part<Named<ResolvedResource>> = {
  kind: "object",
  resolve: ({ resources = {} }, config) =>
    mapValues(resources as Named<ResourceDefinition>, (one) => resolveResource(one, config)),
};

/** Replaces functions of the options. What is not an object is reported later. */
const resolveResource = (definition: ResourceDefinition, config: unknown): ResolvedResource => {
  if (!isObject(definition)) return definition as ResolvedResource;
  const { create, read, write, ...others } = definition;
  return {
    ...others,
    ...(create !== undefined && { create: ofOptions(create, config) }),
    ...(read !== undefined && { read: ofOptions(read, config) }),
    ...(write !== undefined && { write: ofOptions(write, config) }),
  };
};

type Definitions = Named<ResolvedResource>;
/** The field, with a dot before it, and the message. */
type FieldIssue = readonly [field: string, message: string];

/** Names with another meaning in events, paths, `/permissions` or the OpenAPI document. */
const RESERVED_NAMES = [
  "constructor",
  "id",
  "openapi_spec",
  "root",
  "user",
  ...RESOURCES.all.map(({ plural }) => plural),
];

/** Paths at the top level and within objects that are not lists. */
const RESERVED_PATHS = { top: ["actions", "batch", "jobs", "permissions"], within: ["actions", "search"] } as const;

const FIELDS = ["about", "plural", "parent", "create", "read", "write", "ids", "owner", "schema"];

/** The store's resources with those of plugins, or the issues of the plugins' definitions, each with its path. */
export const readResources = (
  plugins: readonly Pick<PluginManifest, "name" | "resources" | "actions">[],
): { readonly resources: Resources } | { readonly issues: readonly string[] } => {
  const issues: string[] = [];
  const known = RESOURCES.all.map(({ name, plural, parent }) => ({
    name,
    plural,
    parent: parent?.name ?? null,
    owner: "the store",
  }));
  const added: PluginResource[] = [];
  for (const { name: plugin, resources } of plugins) {
    for (const [name, definition] of sortParentsFirst(resources)) {
      const found = findIssues(resources, name, definition);
      const one = found.length > 0 ? undefined : toPluginResource(name, definition);
      const same = known.find((other) => other.name === name);
      if (same !== undefined) found.push(["", `${same.owner} already has a resource of this name. Rename one.`]);
      const sibling = one && known.find(({ parent, plural }) => parent === one.parent && plural === one.plural);
      if (sibling !== undefined)
        found.push([".plural", `'${sibling.plural}' is already used by '${sibling.name}' of ${sibling.owner}.`]);
      issues.push(...found.map(([field, message]) => `plugins: ${plugin}.resources.${name}${field}: ${message}`));
      if (one === undefined) continue;
      known.push({ ...one, owner: `the plugin '${plugin}'` });
      added.push(one);
    }
  }
  const executable = plugins.some(({ actions }) =>
    Object.values(actions).some(({ permission }) => permission === EXECUTE_PERMISSION),
  );
  return issues.length > 0 ? { issues } : { resources: createResources(added, { executable }) };
};

const sortParentsFirst = (definitions: Definitions): readonly (readonly [string, ResolvedResource])[] =>
  Object.entries(definitions)
    .map((entry) => ({ entry, depth: getDepth(definitions, entry[0]) }))
    .sort((a, b) => (a.depth < b.depth ? -1 : Number(a.depth > b.depth)))
    .map(({ entry }) => entry);

/** How many of the plugin's own resources contain the resource; infinite for a circle. */
const getDepth = (definitions: Definitions, name: string, seen: readonly string[] = []): number => {
  const parent = Object.hasOwn(definitions, name) ? definitions[name]?.parent : undefined;
  if (parent === undefined) return 0;
  return seen.includes(name) ? Number.POSITIVE_INFINITY : 1 + getDepth(definitions, parent, [...seen, name]);
};

const findIssues = (definitions: Definitions, name: string, definition: ResolvedResource): FieldIssue[] => {
  if (typeof definition !== "object" || definition === null)
    return [["", 'must be an object, such as { about: "A sensor." }.']];
  const { about, plural = `${name}s`, parent, schema } = definition;
  const parents: readonly string[] = [...CORE_RESOURCES, ...Object.keys(definitions).filter((other) => other !== name)];
  const paths: readonly string[] = parent === undefined ? RESERVED_PATHS.top : RESERVED_PATHS.within;
  const checks: readonly (readonly [valid: boolean, ...FieldIssue])[] = [
    [
      /^[a-z][a-z0-9_]{0,30}$/.test(name),
      "",
      "must be named by 1 to 31 lower-case letters, digits and underscores, starting with a letter.",
    ],
    [!RESERVED_NAMES.includes(name), "", "is a reserved name. Choose another name."],
    [typeof about === "string" && about !== "", ".about", "must be a sentence."],
    [
      /^[a-z][a-z0-9_-]{0,40}$/.test(plural),
      ".plural",
      "must be 1 to 41 lower-case letters, digits, dashes and underscores, starting with a letter.",
    ],
    [!paths.includes(plural), ".plural", `'${plural}' is a reserved path. Choose another name.`],
    [
      parent === undefined || parents.includes(parent),
      ".parent",
      `there is no resource '${parent}'. ${didYouMean(String(parent), parents)}`,
    ],
    [
      getDepth(definitions, name) < Number.POSITIVE_INFINITY,
      ".parent",
      "is circular. Place one of the resources at the top level or in a resource of the store.",
    ],
    [isAbsentOrPrincipals(definition.create), ".create", PRINCIPALS],
    [isAbsentOrPrincipals(definition.read), ".read", PRINCIPALS],
    [isAbsentOrPrincipals(definition.write), ".write", PRINCIPALS],
    [definition.ids === undefined || definition.ids === "chosen", ".ids", 'must be "chosen" or absent.'],
    [
      definition.owner === undefined || typeof definition.owner === "function",
      ".owner",
      "must be a function of the id that returns a principal.",
    ],
    [
      schema === undefined || typeof schema?.["~standard"]?.validate === "function",
      ".schema",
      "must be a Standard Schema, such as one of zod.",
    ],
    ...Object.keys(definition).map(
      (field) => [FIELDS.includes(field), `.${field}`, `is not a known field. ${didYouMean(field, FIELDS)}`] as const,
    ),
  ];
  return checks.flatMap(([valid, ...issue]) => (valid ? [] : [issue]));
};

const PRINCIPALS = 'must be a list of principals, such as ["system.Authenticated"].';

const isAbsentOrPrincipals = (value: unknown): boolean =>
  value === undefined || (Array.isArray(value) && value.every((one) => typeof one === "string" && one !== ""));

const toPluginResource = (
  name: string,
  { about, plural = `${name}s`, parent, create, read = [], write = [], ids, owner, schema }: ResolvedResource,
): PluginResource => ({
  name,
  about,
  plural,
  parent: parent ?? null,
  principals: { create: create ?? (parent === undefined ? ["system.Authenticated"] : []), read, write },
  ids,
  owner,
  findIssues: schema && ((data) => validateData(schema, data)),
});

const validateData = async (schema: StandardSchema, data: unknown): Promise<readonly DataIssue[]> => {
  const { issues = [] } = await schema["~standard"].validate(data);
  return issues.map(({ message, path = [] }) => ({
    message,
    path: path.map((step) => (typeof step === "object" ? step.key : step)),
  }));
};
