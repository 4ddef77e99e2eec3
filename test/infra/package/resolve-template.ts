import type { Template } from "../../../infra/package/merge-templates.ts";

type Parts = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** Resolves the conditions of a template, as CloudFormation does, for values of its parameters. All other functions stay. */
export const resolveTemplate = (template: Template, parameters: Readonly<Record<string, string>>): Template => {
  const { Conditions = {}, ...sections } = template;
  const isTrue = (name: string): boolean => {
    const condition = Conditions[name];
    if (condition === undefined) throw new Error(`There is no condition ${name}`);
    return evaluate(condition);
  };
  const evaluate = (condition: object): boolean => {
    const [[name = "", operands] = []] = Object.entries(condition) as [string, unknown][];
    const list = operands as readonly object[];
    if (name === "Condition") return isTrue(operands as string);
    if (name === "Fn::Equals") return toText(list[0]) === toText(list[1]);
    if (name === "Fn::Not") return !evaluate(list[0] as object);
    if (list.length < 2 || list.length > 10) throw new Error(`${name} has ${list.length} operands`);
    if (name === "Fn::And") return list.every(evaluate);
    if (name === "Fn::Or") return list.some(evaluate);
    throw new Error(`Unknown function ${name}`);
  };
  const toText = (operand: unknown): unknown => {
    if (typeof operand !== "object" || operand === null) return operand;
    return parameters[(operand as { Ref: string }).Ref];
  };
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
