import { CORE_RESOURCES, createResources, type PluginResource, RESOURCES, type Resources } from "../core/resources.ts";
import type { PluginManifest } from "../kit/read-plugin.ts";
import type { ResourceDefinition } from "../kit/resource.ts";
import type { StandardSchema } from "../kit/schema.ts";
import { didYouMean } from "../lib/util/nearest.ts";

type Definitions = PluginManifest["resources"];
/** The field, with a dot before it, and what is wrong with it. */
type Wrong = readonly [field: string, told: string];

/** Names that would be taken for something else in events, paths, `/permissions` or the API's document. */
const TAKEN = ["constructor", "id", "openapi_spec", "root", "user", ...RESOURCES.all.map(({ plural }) => plural)];

/** What stands at the top level, and in objects, beside lists. */
const PATHS = { top: ["actions", "batch", "jobs", "permissions"], within: ["actions", "search"] } as const;

const FIELDS = ["about", "plural", "parent", "create", "read", "write", "schema"];

/** The store's types of objects with those of plugins, or what is wrong with a plugin's, each flaw with its path. */
export const readResources = (
  plugins: readonly Pick<PluginManifest, "name" | "resources">[],
): { readonly resources: Resources } | { readonly flaws: readonly string[] } => {
  const flaws: string[] = [];
  const known = RESOURCES.all.map(({ name, plural, parent }) => ({
    name,
    plural,
    parent: parent?.name ?? null,
    owner: "the store",
  }));
  const added: PluginResource[] = [];
  for (const { name: plugin, resources } of plugins) {
    for (const [name, definition] of parentsFirst(resources)) {
      const wrong = flawsOf(resources, name, definition);
      const one = wrong.length > 0 ? undefined : toAdded(name, definition);
      const same = known.find((other) => other.name === name);
      if (same !== undefined)
        wrong.push(["", `there is a resource of that name already, of ${same.owner}. Rename one.`]);
      const sibling = one && known.find(({ parent, plural }) => parent === one.parent && plural === one.plural);
      if (sibling !== undefined)
        wrong.push([
          ".plural",
          `'${sibling.plural}' is what the lists of '${sibling.name}' are called there, of ${sibling.owner}.`,
        ]);
      flaws.push(...wrong.map(([field, told]) => `plugins: ${plugin}.resources.${name}${field}: ${told}`));
      if (one === undefined) continue;
      known.push({ ...one, owner: `the plugin '${plugin}'` });
      added.push(one);
    }
  }
  return flaws.length > 0 ? { flaws } : { resources: createResources(added) };
};

const parentsFirst = (definitions: Definitions): readonly (readonly [string, ResourceDefinition])[] =>
  Object.entries(definitions)
    .map((entry) => ({ entry, depth: depthOf(definitions, entry[0]) }))
    .sort((a, b) => (a.depth < b.depth ? -1 : Number(a.depth > b.depth)))
    .map(({ entry }) => entry);

/** How many of the plugin's own something stands in; without end where it stands in itself. */
const depthOf = (definitions: Definitions, name: string, seen: readonly string[] = []): number => {
  const parent = Object.hasOwn(definitions, name) ? definitions[name]?.parent : undefined;
  if (parent === undefined) return 0;
  return seen.includes(name) ? Number.POSITIVE_INFINITY : 1 + depthOf(definitions, parent, [...seen, name]);
};

/** What is wrong with a definition, whatever others there are. */
const flawsOf = (definitions: Definitions, name: string, definition: ResourceDefinition): Wrong[] => {
  if (typeof definition !== "object" || definition === null)
    return [["", 'must be an object, such as { about: "A sensor." }.']];
  const { about, plural = `${name}s`, parent, schema } = definition;
  const parents: readonly string[] = [...CORE_RESOURCES, ...Object.keys(definitions).filter((other) => other !== name)];
  const paths: readonly string[] = parent === undefined ? PATHS.top : PATHS.within;
  const checks: readonly (readonly [right: boolean, ...Wrong])[] = [
    [
      /^[a-z][a-z0-9_]{0,30}$/.test(name),
      "",
      "can't name a resource; at most 31 lower-case letters, digits and underscores can, a letter first.",
    ],
    [!TAKEN.includes(name), "", "can't name a resource: it stands for something else. Choose another name."],
    [typeof about === "string" && about !== "", ".about", "must be a sentence."],
    [
      /^[a-z][a-z0-9_-]{0,40}$/.test(plural),
      ".plural",
      "can't stand in a path; at most 41 lower-case letters, digits, dashes and underscores can, a letter first.",
    ],
    [!paths.includes(plural), ".plural", `'${plural}' stands for something else there. Choose another.`],
    [
      parent === undefined || parents.includes(parent),
      ".parent",
      `there is no '${parent}' that it could stand in. ${didYouMean(String(parent), parents)}`,
    ],
    [
      depthOf(definitions, name) < Number.POSITIVE_INFINITY,
      ".parent",
      "leads back to itself. Let one stand at the top level, or in one of the store's own.",
    ],
    [isAbsentOrPrincipals(definition.create), ".create", PRINCIPALS],
    [isAbsentOrPrincipals(definition.read), ".read", PRINCIPALS],
    [isAbsentOrPrincipals(definition.write), ".write", PRINCIPALS],
    [
      schema === undefined || typeof schema?.["~standard"]?.validate === "function",
      ".schema",
      "must be a Standard Schema, such as zod's.",
    ],
    ...Object.keys(definition).map(
      (field) => [FIELDS.includes(field), `.${field}`, `is not known here. ${didYouMean(field, FIELDS)}`] as const,
    ),
  ];
  return checks.flatMap(([right, ...wrong]) => (right ? [] : [wrong]));
};

const PRINCIPALS = 'must be a list of principals, such as ["system.Authenticated"].';

const isAbsentOrPrincipals = (given: unknown): boolean =>
  given === undefined || (Array.isArray(given) && given.every((one) => typeof one === "string" && one !== ""));

const toAdded = (
  name: string,
  { about, plural = `${name}s`, parent, create, read = [], write = [], schema }: ResourceDefinition,
): PluginResource => ({
  name,
  about,
  plural,
  parent: parent ?? null,
  principals: { create: create ?? (parent === undefined ? ["system.Authenticated"] : []), read, write },
  findIssues: schema && (async (data) => flawsIn(await schema["~standard"].validate(data))),
});

const flawsIn = ({
  issues = [],
}: Awaited<ReturnType<StandardSchema["~standard"]["validate"]>>): Awaited<
  ReturnType<NonNullable<PluginResource["findIssues"]>>
> =>
  issues.map(({ message, path = [] }) => ({
    message,
    path: path.map((step) => (typeof step === "object" ? step.key : step)),
  }));
