import { createJsonClient } from "../../lib/aws/json-client.ts";
import { isObject, parseJson } from "../../lib/json.ts";
import { type ResourceContext, type ResourceType, requireText } from "./resource-type.ts";

/** The calls that CloudFormation makes during a deployment, by the services of CDK's custom resource. */
const SERVICES: Readonly<Record<string, { readonly name: string; readonly target: string }>> = {
  DynamoDB: { name: "dynamodb", target: "DynamoDB_20120810" },
  SQS: { name: "sqs", target: "AmazonSQS" },
};

/** Custom::AWS, CDK's calls to AWS. They are made here, with the role of the function that makes them in AWS. */
export const customCall: ResourceType = {
  properties: ["After", "Create", "Delete", "InstallLatestAwsSdk", "ServiceTimeout", "ServiceToken", "Update"],
  async create(context) {
    const { properties, logicalId, previous } = context;
    const written = previous === undefined ? properties.Create : properties.Update;
    if (written === undefined) return { ref: logicalId, attributes: {} };
    const call: unknown = parseJson(String(written));
    if (!isObject(call)) return { ref: logicalId, attributes: {} };
    const { id } = isObject(call.physicalResourceId) ? call.physicalResourceId : {};
    return { ref: String(id ?? logicalId), attributes: await runCall(context, call) };
  },
};

const runCall = async (
  context: ResourceContext,
  { service, action, parameters, ignoreErrorCodesMatching }: Readonly<Record<string, unknown>>,
): Promise<Readonly<Record<string, unknown>>> => {
  const { account, logicalId, report } = context;
  const found = SERVICES[String(service)];
  const runner = account.findFunction(requireText(context, "ServiceToken"));
  if (found === undefined || runner === undefined) {
    report("unsupported", `The rehearsal cannot call ${String(service)}.${String(action)}`);
    return {};
  }
  const connection = account.connect(account.directory.credentialsOfRole(runner.role, logicalId));
  const retryLimits = { maxAttempts: 1, maxMs: 1000, basePauseMs: 100, maxPauseMs: 100 };
  const client = createJsonClient({ ...found, retryableErrors: new Set(), retryLimits }, connection);
  try {
    const answer = parseJson(await client.call(String(action), JSON.stringify(parameters)));
    return Object.fromEntries(flatten(answer));
  } catch (error) {
    if (ignoreErrorCodesMatching === undefined) throw error;
    return {};
  } finally {
    client.close();
  }
};

/** Values by their paths, such as `Table.LatestStreamArn`. */
const flatten = (value: unknown, path = ""): readonly (readonly [string, unknown])[] =>
  typeof value === "object" && value !== null
    ? Object.entries(value).flatMap(([name, one]) => flatten(one, path === "" ? name : `${path}.${name}`))
    : [[path, value]];
