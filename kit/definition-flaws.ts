import { isObject } from "../lib/json.ts";
import { didYouMean } from "../lib/util/nearest.ts";
import {
  AUTHENTICATION,
  BATCH,
  HOOKED,
  HOOKS,
  type Kind,
  PARTS,
  PLUGIN,
  type Shape,
  WORDS,
} from "./definition-shapes.ts";

/** What is wrong somewhere in a definition. */
export interface DefinitionFlaw {
  readonly path: readonly string[];
  readonly message: string;
}

/** What a definition says that no definition may say, or leaves out: sources run without a look at their types, and so may be wrong in any way. */
export const definitionFlaws = (definition: unknown): readonly DefinitionFlaw[] => {
  const flaws = [...shapeFlaws(definition, PLUGIN, [])];
  if (!isObject(definition)) return flaws;
  const parts = fieldsOf(definition);
  const { authentication, hooks } = parts;
  if (isObject(authentication)) flaws.push(...shapeFlaws(authentication, AUTHENTICATION, ["authentication"]));
  if (isObject(hooks)) {
    flaws.push(...shapeFlaws(hooks, HOOKS, ["hooks"]));
    for (const [when, shape] of Object.entries(HOOKED))
      flaws.push(...partFlaws(fieldsOf(hooks)[when], shape, ["hooks", when]));
  }
  for (const [part, shape] of Object.entries(PARTS)) flaws.push(...partFlaws(parts[part], shape, [part]));
  for (const [part, shape] of Object.entries(BATCH)) {
    const all = parts[part];
    for (const [name, one] of Object.entries(isObject(all) ? all : {})) {
      const batch = isObject(one) ? fieldsOf(one).batch : undefined;
      if (isObject(batch)) flaws.push(...shapeFlaws(batch, shape, [part, name, "batch"]));
    }
  }
  return flaws;
};

const fieldsOf = (value: object) => value as { readonly [field: string]: unknown };

const partFlaws = (all: unknown, shape: Shape, path: readonly string[]): DefinitionFlaw[] =>
  Object.entries(isObject(all) ? all : {}).flatMap(([name, one]) =>
    shapeFlaws(one, shape, path[0] === "routes" ? [`routes['${name}']`] : [...path, name]),
  );

const shapeFlaws = (value: unknown, shape: Shape, path: readonly string[]): DefinitionFlaw[] => {
  if (!isObject(value)) return [{ path, message: `must be an object, not ${spelled(value)}` }];
  const fields = Object.keys(shape);
  const unknown = Object.keys(value)
    .filter((field) => !fields.includes(field))
    .map((field) => ({ path: [...path, field], message: `is not known here. ${didYouMean(field, fields)}` }));
  return [
    ...unknown,
    ...Object.entries(shape).flatMap(([field, wanted]) => {
      const kind = wanted.replace("!", "") as Kind;
      const given = fieldsOf(value)[field];
      if (given === undefined)
        return wanted === kind ? [] : [{ path: [...path, field], message: `is missing: it must be ${WORDS[kind]}` }];
      return IS[kind](given)
        ? []
        : [{ path: [...path, field], message: `must be ${WORDS[kind]}, not ${spelled(given)}` }];
    }),
  ];
};

const IS: Readonly<Record<Kind, (value: unknown) => boolean>> = {
  any: () => true,
  text: (value) => typeof value === "string",
  flag: (value) => typeof value === "boolean",
  list: Array.isArray,
  object: isObject,
  function: (value) => typeof value === "function",
  ofOptions: (value) => typeof value === "function",
  schema: (value) => {
    const standard: unknown = (value as { readonly "~standard"?: unknown } | null)?.["~standard"];
    return isObject(standard) && typeof standard.validate === "function";
  },
};

const spelled = (value: unknown): string => {
  if (Array.isArray(value)) return "a list";
  if (value === null || typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value === "string") return `'${value.slice(0, 50)}'`;
  return value === undefined ? "absent" : typeof value === "object" ? "an object" : `a ${typeof value}`;
};
