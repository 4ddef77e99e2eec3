import { describe, expect, it } from "@jest/globals";
import { type Choice, listVariants } from "../../../infra/package/decision.ts";
import { mergeTemplates, type Template } from "../../../infra/package/merge-templates.ts";
import fc from "../../fast-check.ts";
import { resolveTemplate } from "./resolve-template.ts";

const choiceOf = (name: string, options: readonly string[]): Choice => ({
  name,
  options: Object.fromEntries(options.map((option) => [option, { "Fn::Equals": [{ Ref: name }, option] }])),
});

const SEARCH = choiceOf("Search", ["none", "sqlite", "domain"]);
const MAIL = choiceOf("Mail", ["no", "yes"]);

const mergeBy = (choices: readonly Choice[], templateOf: (variant: Record<string, string>) => Template) => {
  const variants = listVariants(choices).map((variant) => ({ variant, template: templateOf(variant) }));
  return { variants, merged: mergeTemplates(choices, variants) };
};

const resource = (properties: object, others: object = {}) => ({ Type: "A::B::C", Properties: properties, ...others });

describe("mergeTemplates", () => {
  it("gives each choice its own template", () => {
    const leaf = fc.oneof(
      fc.constantFrom<unknown>(1, "a", true, [], {}),
      fc.record({ Ref: fc.constantFrom("X", "AWS::Region") }),
      fc.record({ "Fn::GetAtt": fc.constantFrom(["X", "Arn"], ["Y", "Arn"]) }),
    );
    const value = fc.letrec((tie) => ({
      node: fc.oneof(
        { maxDepth: 2 },
        leaf,
        fc.array(tie("node"), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom("A", "B", "C"), tie("node"), { maxKeys: 3 }),
      ),
    })).node;
    const names = ["X", "Y", "Z"];
    const part = fc.option(fc.dictionary(fc.constantFrom("P", "Q"), value), { nil: undefined });
    const templates = fc.array(fc.record({ resources: fc.tuple(part, part, part), output: fc.option(leaf) }), {
      minLength: 12,
      maxLength: 12,
    });
    const allChoices = fc.constantFrom([SEARCH], [MAIL, SEARCH], [SEARCH, MAIL, choiceOf("Domain", ["off", "on"])]);
    fc.assert(
      fc.property(allChoices, templates, (choices, parts) => {
        let next = 0;
        const { variants, merged } = mergeBy(choices, () => {
          const { resources, output } = parts[next++] ?? { resources: [], output: null };
          const present = names.filter((_, index) => resources[index] !== undefined);
          return {
            Description: "same",
            Resources: Object.fromEntries(
              present.map((name) => {
                const dependsOn = present.filter((other) => other < name);
                return [
                  name,
                  resource(resources[names.indexOf(name)] ?? {}, {
                    DeletionPolicy: "Retain",
                    ...(dependsOn.length > 0 && { DependsOn: dependsOn }),
                  }),
                ];
              }),
            ),
            Outputs: output === null ? {} : { Url: { Value: output, Description: "same" } },
          };
        });
        for (const { variant, template } of variants) expect(resolveTemplate(merged, variant)).toEqual(template);
      }),
      { numRuns: 60 },
    );
  });

  it("changes nothing where all are equal", () => {
    const template = { Resources: { X: resource({ A: [1, { Ref: "Y" }] }) }, Outputs: {} };

    expect(mergeBy([SEARCH, MAIL], () => template).merged).toEqual({ ...template, Conditions: {} });
  });

  it("asks only for the choices that decide", () => {
    const { merged } = mergeBy([SEARCH, MAIL], ({ Search, Mail }) => ({
      Resources: {
        X: resource({ Engine: Search === "none" ? "off" : "on", ...(Mail === "yes" && { Sender: { Ref: "Sender" } }) }),
        ...(Search === "sqlite" && { Copies: resource({}) }),
      },
    }));

    expect(merged.Resources).toEqual({
      X: resource({
        Engine: { "Fn::If": ["SearchIsNone", "off", "on"] },
        Sender: { "Fn::If": ["MailIsNo", { Ref: "AWS::NoValue" }, { Ref: "Sender" }] },
      }),
      Copies: resource({}, { Condition: "SearchIsSqlite" }),
    });
  });

  it("keeps a resource's own condition beside that of the variants", () => {
    const Conditions = { HasAlarms: { "Fn::Not": [{ "Fn::Equals": [{ Ref: "Alarms" }, ""] }] } };
    const { merged } = mergeBy([MAIL], ({ Mail }) => ({
      Conditions,
      Resources: Mail === "yes" ? { X: resource({}, { Condition: "HasAlarms" }) } : {},
    }));

    expect(resolveTemplate(merged, { Mail: "yes", Alarms: "" }).Resources).toEqual({});
    expect(resolveTemplate(merged, { Mail: "no", Alarms: "a" }).Resources).toEqual({});
    expect(resolveTemplate(merged, { Mail: "yes", Alarms: "a" }).Resources).toEqual({ X: resource({}) });
  });

  it.each<[string, (isOn: boolean) => Template, RegExp]>([
    [
      "the policy of a deletion",
      (isOn) => ({ Resources: { X: resource({}, { DeletionPolicy: isOn ? "Retain" : "Delete" }) } }),
      /^Resources\.X\.DeletionPolicy is "Retain" with \{"Mail":"yes"\}, but "Delete" elsewhere\./,
    ],
    ["a type", (isOn) => ({ Resources: { X: { Type: isOn ? "A" : "B" } } }), /^Resources\.X\.Type is "B"|"A"/],
    [
      "dependencies of resources that exist in both",
      (isOn) => ({ Resources: { X: resource({}, isOn ? { DependsOn: "Y" } : {}), Y: resource({}) } }),
      /^Resources\.X\.DependsOn/,
    ],
    [
      "a parameter",
      (isOn) => ({ Resources: {}, Parameters: { P: { Type: "String", Default: isOn ? "a" : "b" } } }),
      /^Parameters\.P /,
    ],
    [
      "the description of an output",
      (isOn) => ({ Resources: {}, Outputs: { U: { Value: "a", Description: isOn ? "a" : "b" } } }),
      /^Outputs\.U\.Description/,
    ],
  ])("refuses variants that differ in %s", (_, templateOf, message) => {
    expect(() => mergeBy([MAIL], ({ Mail }) => templateOf(Mail === "yes"))).toThrow(message);
  });
});
