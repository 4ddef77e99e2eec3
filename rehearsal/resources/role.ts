import { parsePolicy } from "../iam/statement.ts";
import { objectsOf, type ResourceContext, type ResourceType, requireText } from "./resource-type.ts";

/** AWS::IAM::Role */
export const role: ResourceType = {
  properties: [
    "AssumeRolePolicyDocument",
    "Description",
    "ManagedPolicyArns",
    "MaxSessionDuration",
    "Path",
    "Policies",
    "RoleName",
    "Tags",
  ],
  async create({ account, logicalId, properties, generateName }) {
    const name = typeof properties.RoleName === "string" ? properties.RoleName : generateName(64);
    const arn = `arn:aws:iam::${account.id}:role/${name}`;
    const statements = objectsOf(properties.Policies).flatMap(({ PolicyDocument }) => parsePolicy(PolicyDocument));
    const trusted = parsePolicy(properties.AssumeRolePolicyDocument).map((one) => ({ ...one, resources: ["*"] }));
    const managed = Array.isArray(properties.ManagedPolicyArns) ? properties.ManagedPolicyArns.map(String) : [];
    account.roles.set(arn, { logicalId, arn, trusted, statements, managed });
    return { ref: name, attributes: { Arn: arn, RoleId: logicalId }, stop: async () => void account.roles.delete(arn) };
  },
};

/** Adds the statements of a policy to its roles. */
const addToRoles = ({ account, properties, report }: ResourceContext): void => {
  const statements = parsePolicy(properties.PolicyDocument);
  for (const name of Array.isArray(properties.Roles) ? properties.Roles : []) {
    const found = account.roles.get(`arn:aws:iam::${account.id}:role/${String(name)}`);
    if (found === undefined) report("missing-resource", `There is no role ${String(name)}`);
    else found.statements.push(...statements);
  }
};

/** AWS::IAM::Policy, for roles only. */
export const policy: ResourceType = {
  properties: ["PolicyDocument", "PolicyName", "Roles"],
  async create(context) {
    addToRoles(context);
    return { ref: requireText(context, "PolicyName"), attributes: {} };
  },
};

/** AWS::IAM::ManagedPolicy, for roles only. */
export const managedPolicy: ResourceType = {
  properties: ["Description", "ManagedPolicyName", "Path", "PolicyDocument", "Roles"],
  async create(context) {
    addToRoles(context);
    const { account, properties, generateName } = context;
    const name = typeof properties.ManagedPolicyName === "string" ? properties.ManagedPolicyName : generateName(128);
    return { ref: `arn:aws:iam::${account.id}:policy/${name}`, attributes: {} };
  },
};
