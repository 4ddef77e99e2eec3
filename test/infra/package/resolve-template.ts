import type { Template } from "../../../infra/package/merge-templates.ts";
import { holdsCondition } from "../../../rehearsal/template/evaluate.ts";

type Parts = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** Resolves the conditions of a template, as CloudFormation does, for values of its parameters. All other functions stay. */
export const resolveTemplate = (template: Template, parameters: Readonly<Record<string, string>>): Template => {
  const { Conditions = {}, ...sections } = template;
  const scope = {
    parameters: new Map(Object.entries(parameters)),
    mappings: {},
    conditions: Conditions,
    ref: () => undefined,
    attribute: () => undefined,
  };
  const isTrue = (name: string): boolean => holdsCondition(scope, name);
  const resolve = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(resolve).filter((one) => one !== undefined);
    if (typeof value !== "object" || value === null) return value;
    if ("Ref" in value && value.Ref === "AWS::NoValue") return undefined;
    if ("Fn::If" in value) {
      const [name, then, otherwise] = value["Fn::If"] as [string, unknown, unknown];
      return resolve(isTrue(name) ? then : otherwise);
    }
    return Object.fromEntries(
      Object.entries(value).flatMap(([key, one]) => {
        const resolved = resolve(one);
        return resolved === undefined ? [] : [[key, resolved]];
      }),
    );
  };
  const exists = ({ Condition }: { readonly Condition?: unknown }): boolean =>
    Condition === undefined || isTrue(Condition as string);
  const resolveParts = (parts: Parts): Parts =>
    Object.fromEntries(
      Object.entries(parts)
        .filter(([, part]) => exists(part))
        .map(([name, { Condition: _, ...part }]) => [name, resolve(part) as Record<string, unknown>]),
    );
  const Resources = resolveParts(sections.Resources);
  return {
    ...sections,
    Resources: Object.fromEntries(
      Object.entries(Resources).map(([name, { DependsOn, ...rest }]) => {
        const existing = ([DependsOn ?? []].flat() as string[]).filter((other) => other in Resources);
        return [name, { ...rest, ...(existing.length > 0 && { DependsOn: existing }) }];
      }),
    ),
    ...(sections.Outputs && { Outputs: resolveParts(sections.Outputs) }),
  };
};
