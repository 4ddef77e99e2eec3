import { join } from "node:path";
import { decideByResource } from "../iam/decide.ts";
import { findReservedVariables, toEnvironment } from "../runtime/environment.ts";
import { LambdaFunction } from "../runtime/lambda-function.ts";
import { objectOf, type ResourceContext, type ResourceType, requireText } from "./resource-type.ts";

const DEFAULTS = { memoryMb: 128, timeoutSeconds: 3 };
/** Runtimes that this Node stands for. */
const RUNTIME = /^nodejs(22|24)\.x$/;

/** AWS::Lambda::Function */
export const lambdaFunction: ResourceType = {
  properties: [
    "Architectures",
    "Code",
    "Description",
    "Environment",
    "EphemeralStorage",
    "FunctionName",
    "Handler",
    "LoggingConfig",
    "MemorySize",
    "RecursiveLoop",
    "ReservedConcurrentExecutions",
    "Role",
    "Runtime",
    "Tags",
    "Timeout",
    "TracingConfig",
  ],
  async create(context) {
    const { account, logicalId, properties, generateName, report } = context;
    const name = typeof properties.FunctionName === "string" ? properties.FunctionName : generateName(64);
    const arn = `arn:aws:lambda:${account.region}:${account.id}:function:${name}`;
    const attributes = { Arn: arn };
    const handler = requireText(context, "Handler");
    const runtime = requireText(context, "Runtime");
    if (!RUNTIME.test(runtime)) report("unknown-runtime", `The rehearsal has no ${runtime}`);
    const role = account.roles.get(requireText(context, "Role"));
    const folder = account.findCode(properties.Code);
    if (role === undefined || folder === undefined) {
      report("missing-resource", role === undefined ? "Its role does not exist" : "Its code is not in the assembly");
      return { ref: name, attributes };
    }
    requireTrust(context, role.trusted);
    for (const managed of role.managed)
      report("unsupported-policy", `The rehearsal does not know the policy ${managed}`);
    const { Variables } = objectOf(properties.Environment);
    const variables = Object.fromEntries(
      Object.entries(objectOf(Variables)).map(([key, value]) => [key, String(value)]),
    );
    for (const variable of findReservedVariables(variables)) report("reserved-variable", `Lambda reserves ${variable}`);
    const memoryMb = Number(properties.MemorySize ?? DEFAULTS.memoryMb);
    const logGroup = String(objectOf(properties.LoggingConfig).LogGroup ?? `/aws/lambda/${name}`);
    requireLogGrants(context, role, logGroup);
    const { ReservedConcurrentExecutions: reserved } = properties;
    const created = new LambdaFunction({
      logicalId,
      name,
      arn,
      folder,
      handler,
      memoryMb,
      timeoutSeconds: Number(properties.Timeout ?? DEFAULTS.timeoutSeconds),
      concurrency: reserved === undefined ? undefined : Number(reserved),
      environment: toEnvironment({
        functionName: name,
        memoryMb,
        handler,
        region: account.region,
        logGroup,
        folder,
        credentials: account.directory.credentialsOfRole(role, logicalId),
        endpoint: account.endpoint,
        variables,
      }),
      compileCache: join(account.temporary, "compiled"),
      temporary: join(account.temporary, logicalId),
      findings: account.findings,
    });
    account.functions.set(arn, { lambda: created, role });
    const stop = async () => {
      account.functions.delete(arn);
      await created.stop();
    };
    return { ref: name, attributes, stop };
  },
};

/** Lambda refuses a role that it may not assume. */
const requireTrust = ({ account, report }: ResourceContext, trusted: Parameters<typeof decideByResource>[0]): void => {
  const call = { action: "sts:AssumeRole", resource: "*", context: { "aws:SourceAccount": [account.id] } };
  if (decideByResource(trusted, call, ["Service:lambda.amazonaws.com"]) !== "allow")
    report("access-denied", "Its role does not trust lambda.amazonaws.com");
};

/** Without these, the function has no log. */
const requireLogGrants = (
  { account, logicalId }: ResourceContext,
  role: Parameters<typeof account.directory.credentialsOfRole>[0],
  logGroup: string,
): void => {
  const resource = `arn:aws:logs:${account.region}:${account.id}:log-group:${logGroup}:*`;
  for (const action of ["logs:CreateLogStream", "logs:PutLogEvents"])
    account.directory.authorize({ role, name: logicalId }, { action, resource, context: {} });
};

/** AWS::Lambda::Version. Its code is that of the function. */
export const lambdaVersion: ResourceType = {
  properties: ["CodeSha256", "Description", "FunctionName", "ProvisionedConcurrencyConfig"],
  async create(context) {
    const arn = context.account.functionArn(requireText(context, "FunctionName"));
    const version = String(Number(context.previous?.attributes.Version ?? 0) + 1);
    return { ref: `${arn}:${version}`, attributes: { Version: version, FunctionArn: `${arn}:${version}` } };
  },
};

/** AWS::Lambda::Alias */
export const lambdaAlias: ResourceType = {
  properties: [
    "Description",
    "FunctionName",
    "FunctionVersion",
    "Name",
    "ProvisionedConcurrencyConfig",
    "RoutingConfig",
  ],
  async create(context) {
    const { account } = context;
    const arn = account.functionArn(requireText(context, "FunctionName"));
    const alias = `${arn}:${requireText(context, "Name")}`;
    account.aliases.set(alias, arn);
    return { ref: alias, attributes: { AliasArn: alias }, stop: async () => void account.aliases.delete(alias) };
  },
};

/** AWS::Lambda::Permission */
export const lambdaPermission: ResourceType = {
  properties: ["Action", "FunctionName", "Principal", "SourceAccount", "SourceArn"],
  async create(context) {
    const { account, logicalId, properties } = context;
    const arn = account.functionArn(requireText(context, "FunctionName"));
    const { SourceArn, SourceAccount } = properties;
    const statement = {
      effect: "Allow",
      principals: [`Service:${requireText(context, "Principal")}`],
      actions: [requireText(context, "Action")],
      resources: [arn],
      condition: {
        ...(SourceArn !== undefined && { ArnLike: { "aws:SourceArn": [String(SourceArn)] } }),
        ...(SourceAccount !== undefined && { StringEquals: { "aws:SourceAccount": [String(SourceAccount)] } }),
      },
    };
    account.directory.setResourcePolicy(arn, logicalId, [statement]);
    const stop = async () => account.directory.setResourcePolicy(arn, logicalId, []);
    return { ref: logicalId, attributes: {}, stop };
  },
};
