import { isDeepStrictEqual } from "node:util";
import { createConditions } from "./conditions.ts";
import type { Choice, Variant } from "./decision.ts";
import { createMergeValues, decideBetween, listDistinct, type Values } from "./merge-values.ts";

/** A part of a template with a name: a resource, an output, a parameter. */
type Part = Readonly<Record<string, unknown>>;
type Section = Readonly<Record<string, Part>>;

/** A CloudFormation template. */
export interface Template {
  readonly Resources: Section;
  readonly Outputs?: Section;
  readonly Conditions?: Section;
  readonly Parameters?: Section;
  readonly [section: string]: unknown;
}

/**
 * Attributes in which CloudFormation allows `Fn::If`: properties, `Metadata` and `UpdatePolicy` of resources, and values of outputs.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-conditions.html
 */
const CONDITIONAL_ATTRIBUTES = { Resources: ["Properties", "Metadata", "UpdatePolicy"], Outputs: ["Value"] } as const;

/**
 * Merges the templates of all variants into one. What exists in some variants only gets a condition, and values that differ
 * become `Fn::If`. Throws a `TypeError` with the place where variants differ in what CloudFormation does not let a condition
 * decide.
 */
export const mergeTemplates = (
  choices: readonly Choice[],
  variants: readonly { readonly variant: Variant; readonly template: Template }[],
): Template => {
  const conditions = createConditions();
  const mergeValues = createMergeValues(choices, conditions);
  const templates = new Map(variants.map(({ variant, template }) => [variant, template]));

  const mergeSection = (section: keyof typeof CONDITIONAL_ATTRIBUTES): Section => {
    const names = new Set(variants.flatMap(({ template }) => Object.keys(template[section] ?? {})));
    return Object.fromEntries([...names].map((name) => [name, mergePart(section, name)]));
  };

  const mergePart = (section: keyof typeof CONDITIONAL_ATTRIBUTES, name: string): Part => {
    const parts = new Map<Variant, Part>();
    for (const [variant, template] of templates) {
      const part = template[section]?.[name];
      if (part !== undefined) parts.set(variant, part);
    }
    const attributes = new Set([...parts.values()].flatMap((part) => Object.keys(part)));
    const merged = [...attributes].map((attribute) => {
      const values = new Map([...parts].map(([variant, part]) => [variant, part[attribute]]));
      const place = `${section}.${name}.${attribute}`;
      if (attribute === "DependsOn") return [attribute, mergeDependencies(place, values)];
      const isConditional = CONDITIONAL_ATTRIBUTES[section].some((one) => one === attribute);
      return [attribute, isConditional ? mergeValues(values) : requireEqual(place, values)];
    });
    const { Condition: own, ...rest } = Object.fromEntries(merged) as Part;
    const decision = decideBetween(choices, [...templates.keys()], (variant) => (parts.has(variant) ? 1 : 0));
    const presence = typeof decision === "object" ? conditions.toCondition(decision) : undefined;
    const names = [own as string | undefined, presence].filter((one) => one !== undefined);
    const condition = names.length === 0 ? undefined : names.reduce(conditions.both);
    return condition === undefined ? rest : { ...rest, Condition: condition };
  };

  /** CloudFormation ignores dependencies on resources whose condition is false. */
  const mergeDependencies = (place: string, values: Values): readonly string[] => {
    const all = [...new Set([...values.values()].flatMap(toList))].toSorted();
    for (const [variant, value] of values) {
      const existing = all.filter((name) => templates.get(variant)?.Resources[name] !== undefined);
      if (!isDeepStrictEqual(existing, toList(value).toSorted())) requireEqual(place, values);
    }
    return all;
  };

  const sections = new Set(variants.flatMap(({ template }) => Object.keys(template)));
  const others = [...sections].filter((section) => !["Resources", "Outputs", "Conditions"].includes(section));
  const Resources = mergeSection("Resources");
  const Outputs = mergeSection("Outputs");
  return {
    ...Object.fromEntries(others.map((section) => [section, mergeEqual(section, templates)])),
    Conditions: { ...(mergeEqual("Conditions", templates) as Section | undefined), ...(conditions.all as Section) },
    Resources,
    Outputs,
  };
};

/** Merges a section whose parts are the same wherever they exist. */
const mergeEqual = (section: string, templates: ReadonlyMap<Variant, Template>): unknown => {
  const values = new Map(
    [...templates].flatMap(([variant, template]) =>
      template[section] === undefined ? [] : [[variant, template[section]] as const],
    ),
  );
  if ([...values.values()].some((value) => typeof value !== "object")) return requireEqual(section, values);
  const names = new Set([...values.values()].flatMap((value) => Object.keys(value as Section)));
  return Object.fromEntries(
    [...names].map((name) => {
      const parts = [...values].filter(([, value]) => Object.hasOwn(value as Section, name));
      return [
        name,
        requireEqual(
          `${section}.${name}`,
          new Map(parts.map(([variant, value]) => [variant, (value as Section)[name]])),
        ),
      ];
    }),
  );
};

const requireEqual = (place: string, values: Values): unknown => {
  const [first, ...others] = listDistinct([...values.values()]);
  if (others.length === 0) return first;
  const differing = [...values].find(([, value]) => !isDeepStrictEqual(value, first));
  throw new TypeError(
    `${place} is ${JSON.stringify(differing?.[1])} with ${JSON.stringify(differing?.[0])}, but ${JSON.stringify(first)} elsewhere. ` +
      "CloudFormation lets no condition decide here. Make it the same for all, or give the resources different ids.",
  );
};

const toList = (value: unknown): string[] =>
  value === undefined ? [] : Array.isArray(value) ? (value as string[]) : [value as string];
