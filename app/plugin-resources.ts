import { nearest } from "../core/nearest.ts";
import { type AddedResource, CORE_RESOURCES, type DataFlaw, openResources, type Resources, RESOURCES as STORE } from "../core/resources.ts";
import type { ResourceDefinition } from "../kit/resource.ts";
import type { OptionsSchema } from "../kit/schema.ts";

interface Definitions {
  readonly name: string;
  readonly resources?: Readonly<Record<string, ResourceDefinition>>;
}

/** Names that would be taken for something else in events, paths, `/permissions` or the API's document. */
const TAKEN = new Set(["constructor", "id", "openapi_spec", "root", "user", ...STORE.all.map(({ plural }) => plural)]);

/** What stands at paths already, by what it stands in; `/` is the top level. */
const PATHS: Readonly<Record<string, readonly string[]>> = {
  "/": ["actions", "batch", "contribute", "jobs", "permissions"],
  bucket: ["actions"],
  collection: ["actions", "search"],
  group: ["actions"],
  record: ["actions"],
};

const FIELDS = ["about", "plural", "parent", "create", "read", "write", "schema"];

/** The store's types of objects with those of plugins, or what is wrong with a plugin's, each flaw with its path. */
export const readResources = (plugins: readonly Definitions[]): { readonly resources: Resources } | { readonly flaws: readonly string[] } => {
  const flaws: string[] = [];
  const known = new Map<string, { readonly owner: string; readonly plural: string; readonly parent: string | null }>(
    STORE.all.map(({ name, plural, parent }) => [name, { owner: "the store", plural, parent: parent?.name ?? null }]),
  );
  const added: AddedResource[] = [];
  for (const plugin of plugins) {
    for (const [name, definition] of inOrder(plugin)) {
      const at = `plugins: ${plugin.name}.resources.${name}`;
      const wrong = flawsOf(plugin, name, definition);
      flaws.push(...wrong.map(([field, told]) => `${at}${field}: ${told}`));
      const other = known.get(name);
      if (other !== undefined) flaws.push(`${at}: there is a resource of that name already, of ${other.owner}. Rename one.`);
      if (wrong.length > 0 || other !== undefined) continue;
      const { plural = `${name}s`, parent = null } = definition;
      const sibling = [...known].find(([, one]) => one.parent === parent && one.plural === plural);
      if (sibling !== undefined)
        flaws.push(`${at}.plural: '${plural}' is what the lists of '${sibling[0]}' are called there, of ${sibling[1].owner}. Call one otherwise.`);
      if (PATHS[parent ?? "/"]?.includes(plural)) flaws.push(`${at}.plural: '${plural}' stands for something else there. Choose another.`);
      known.set(name, { owner: `the plugin '${plugin.name}'`, plural, parent });
      added.push(toAdded(name, definition));
    }
  }
  return flaws.length > 0 ? { flaws } : { resources: openResources(added) };
};

/** A plugin's definitions, parents first; those that stand in each other come last, and what is wrong with them is told. */
const inOrder = ({ resources = {} }: Definitions): readonly (readonly [string, ResourceDefinition])[] => {
  const depth = (name: string, seen: readonly string[] = []): number => {
    const parent = Object.hasOwn(resources, name) ? resources[name]?.parent : undefined;
    if (parent === undefined) return 0;
    return seen.includes(name) ? Number.POSITIVE_INFINITY : 1 + depth(parent, [...seen, name]);
  };
  return Object.entries(resources).sort(([a], [b]) => (depth(a) === depth(b) ? 0 : depth(a) - depth(b)));
};

/** What is wrong with a definition by itself: the field, with a dot before it, and what to do. */
const flawsOf = ({ resources = {} }: Definitions, name: string, definition: ResourceDefinition): (readonly [string, string])[] => {
  if (typeof definition !== "object" || definition === null) return [["", 'must be an object, such as { about: "A sensor." }.']];
  const { about, plural, parent, schema } = definition;
  const flaws: (readonly [string, string])[] = [];
  const add = (wrong: boolean, field: string, told: string) => wrong && flaws.push([field, told]);
  add(!/^[a-z][a-z0-9_]{0,30}$/.test(name), "", "can't name a resource; at most 31 lower-case letters, digits and underscores can, beginning with a letter.");
  add(TAKEN.has(name), "", `can't name a resource: '${name}' stands for something else. Choose another.`);
  for (const field of Object.keys(definition)) {
    const meant = nearest(field, FIELDS);
    add(!FIELDS.includes(field), `.${field}`, `is not known here. ${meant === undefined ? `There are ${FIELDS.join(", ")}.` : `Did you mean '${meant}'?`}`);
  }
  add(typeof about !== "string" || about === "", ".about", "must be a sentence.");
  add(
    plural !== undefined && !(typeof plural === "string" && /^[a-z][a-z0-9_-]{0,40}$/.test(plural)),
    ".plural",
    "can't stand in a path; at most 41 lower-case letters, digits, dashes and underscores can.",
  );
  const parents: readonly string[] = [...CORE_RESOURCES, ...Object.keys(resources).filter((other) => other !== name)];
  if (parent !== undefined && !parents.includes(parent)) {
    const meant = nearest(String(parent), parents);
    add(
      true,
      ".parent",
      `there is no '${parent}' that it could stand in. ${meant === undefined ? `There are ${parents.join(", ")}.` : `Did you mean '${meant}'?`}`,
    );
  } else add(standsInItself(resources, name), ".parent", "leads back to itself; something must stand at the top level, or in one of the store's own.");
  for (const field of ["create", "read", "write"] as const) {
    const given: unknown = definition[field];
    const right = given === undefined || (Array.isArray(given) && given.every((one) => typeof one === "string" && one !== ""));
    add(!right, `.${field}`, 'must be a list of principals, such as ["system.Authenticated"].');
  }
  add(schema !== undefined && typeof schema?.["~standard"]?.validate !== "function", ".schema", "must be a Standard Schema, such as zod's.");
  return flaws;
};

const standsInItself = (resources: Readonly<Record<string, ResourceDefinition>>, name: string): boolean => {
  const seen = new Set<string>();
  for (let at: string | undefined = name; at !== undefined; at = Object.hasOwn(resources, at) ? resources[at]?.parent : undefined) {
    if (seen.has(at)) return true;
    seen.add(at);
  }
  return false;
};

const toAdded = (name: string, { about, plural = `${name}s`, parent, create, read = [], write = [], schema }: ResourceDefinition): AddedResource => ({
  name,
  about,
  plural,
  parent: parent ?? null,
  principals: { create: create ?? (parent === undefined ? ["system.Authenticated"] : []), read, write },
  flaws: schema && (async (data) => flawsIn(await schema["~standard"].validate(data))),
});

const flawsIn = ({ issues = [] }: Awaited<ReturnType<OptionsSchema["~standard"]["validate"]>>): readonly DataFlaw[] =>
  issues.map(({ message, path = [] }) => ({ message, path: path.map((step) => (typeof step === "object" ? step.key : step)) }));
