import type { Assembly } from "../../rehearsal/assembly.ts";
import type { Template } from "../../rehearsal/template/template.ts";

type Resources = Template["Resources"];
type Resource = Resources[string];

/** An assembly with other resources. @param change edits a copy of all resources */
export const sabotage = ({ stacks, findCode }: Assembly, change: (resources: Resources) => void): Assembly => {
  const copies = structuredClone(stacks);
  for (const { template } of copies) change(template.Resources);
  return { stacks: copies, findCode };
};

/** The resources of a type whose logical ids match, with their ids. */
export const find = (resources: Resources, type: string, id = /./): readonly (readonly [string, Resource])[] =>
  Object.entries(resources).filter(([name, { Type }]) => Type === type && id.test(name));

/** Edits the properties of the resources of a type. They are edited as a whole, since templates have any shape. */
export const edit = (
  resources: Resources,
  type: string,
  id: RegExp,
  // biome-ignore lint/suspicious/noExplicitAny: templates have any shape
  change: (properties: any) => void,
): void => {
  for (const [, { Properties }] of find(resources, type, id)) change(Properties);
};

/** Removes actions from the policies of roles. */
export const removeAction = (resources: Resources, id: RegExp, action: string): void => {
  for (const type of ["AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"])
    edit(resources, type, id, ({ PolicyDocument }) => {
      for (const statement of PolicyDocument.Statement)
        statement.Action = [statement.Action].flat().filter((one: string) => one !== action);
    });
};
