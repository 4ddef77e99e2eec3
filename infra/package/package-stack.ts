import { basename } from "node:path";
import {
  App,
  Aws,
  CfnCondition,
  CfnOutput,
  CfnResource,
  type DockerImageAssetLocation,
  type FileAssetLocation,
  type FileAssetSource,
  Fn,
  type IStackSynthesizer,
  type ISynthesisSession,
  Lazy,
  RemovalPolicy,
  Stack,
  StackSynthesizer,
} from "aws-cdk-lib";
import { CfnApi, CfnDomainName } from "aws-cdk-lib/aws-apigatewayv2";
import { Certificate } from "aws-cdk-lib/aws-certificatemanager";
import type { ITable } from "aws-cdk-lib/aws-dynamodb";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import { Code } from "aws-cdk-lib/aws-lambda";
import { PhysicalResourceId } from "aws-cdk-lib/custom-resources";
import type { Config } from "../../config/config.ts";
import { settingVariable } from "../../config/settings.ts";
import type { BundleFolders } from "../bundle.ts";
import type { DeployCalls } from "../deploy-calls.ts";
import { DOMAIN_TARGET_OUTPUT_NAME } from "../domain.ts";
import { StoreResources } from "../stack.ts";
import { makeTable } from "../table.ts";
import { PACKAGE_VARIABLES, type PackageChoices, toVariantName } from "./config.ts";
import type { Template } from "./merge-templates.ts";
import { addParameters, type ParameterName } from "./parameters.ts";

/** Finds code in the bucket that a parameter names, and notes which folders must be there as zips. */
class PackageSynthesizer extends StackSynthesizer {
  /** Folders by the names of their zips. */
  readonly zips = new Map<string, string>();
  readonly #folder: string;

  constructor(folder: string) {
    super();
    this.#folder = folder;
  }

  addFileAsset({ fileName = "" }: FileAssetSource): FileAssetLocation {
    const zip = `${nameZip(fileName)}.zip`;
    this.zips.set(zip, fileName);
    const bucketName = Fn.ref("CodeBucket");
    const objectKey = Fn.join("", [Fn.ref("CodePrefix"), `${this.#folder}/${zip}`]);
    return { bucketName, objectKey, httpUrl: "", s3ObjectUrl: "" };
  }

  addDockerImageAsset(): DockerImageAssetLocation {
    throw new TypeError("A package contains no container images.");
  }

  synthesize(session: ISynthesisSession): void {
    this.synthesizeTemplate(session);
    this.emitArtifact(session);
  }
}

/** The function of CDK that makes calls during deployments has a long name. */
const nameZip = (folder: string): string =>
  folder.includes("aws-custom-resource") ? "deploy-calls" : basename(folder);

export interface PackageStackProps {
  readonly variant: PackageChoices;
  readonly config: Config;
  readonly folders: BundleFolders;
  /** The name of the folder that is uploaded: `kintoun-1.0.0`. */
  readonly folder: string;
  /** The context of `cdk.json`. */
  readonly context: Readonly<Record<string, unknown>>;
}

/** What a variant becomes. */
export interface PackagedVariant {
  readonly stack: Stack;
  readonly template: Template;
  /** Folders by the names of their zips. */
  readonly zips: ReadonlyMap<string, string>;
}

/** Synthesizes the template of a variant, which needs neither the CDK nor its bootstrap stack. */
export const synthesizeVariant = ({
  variant,
  config,
  folders,
  folder,
  context,
}: PackageStackProps): PackagedVariant => {
  // Assets stay where they are, and CDK does not check the templates of single variants.
  const app = new App({
    context: { ...context, "aws:cdk:disable-asset-staging": true },
    builtinCloudFormationValidation: false,
    analyticsReporting: false,
  });
  const synthesizer = new PackageSynthesizer(folder);
  const stack = new Stack(app, "Kintoun", {
    description: "Kintoun: a JSON record store",
    synthesizer: synthesizer as IStackSynthesizer,
  });
  const parameters = addParameters(stack, folder, config.deploy);
  const administrator = parameters.AdministratorAddress.valueAsString;
  const table = makeTable(stack, { removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE });
  const hasDomain = addCondition(stack, "HasDomain", "DomainName");
  const store = new StoreResources(stack, {
    config: {
      ...config,
      deploy: {
        ...config.deploy,
        requestsPerSecond: parameters.RequestsPerSecond.valueAsNumber,
        requestBurst: parameters.RequestBurst.valueAsNumber,
        alarmAddress: parameters.AlarmAddress.valueAsString,
        monthlyBudgetUsd: parameters.MonthlyBudgetUsd.valueAsNumber,
        logRetentionDays: parameters.LogRetentionDays.valueAsNumber as Config["deploy"]["logRetentionDays"],
      },
    },
    code: {
      api: Code.fromAsset(folders.api),
      search: Code.fromAsset(folders.search),
      dispatch: Code.fromAsset(folders.dispatch),
      worker: Code.fromAsset(folders.worker),
      commands: Code.fromAsset(folders.commands),
    },
    table: table as ITable,
    overrides: {
      [PACKAGE_VARIABLES.variant]: toVariantName(variant),
      [PACKAGE_VARIABLES.administrator]: administrator,
      [PACKAGE_VARIABLES.sender]: parameters.SenderAddress.valueAsString,
      [PACKAGE_VARIABLES.searchName]: parameters.SearchName.valueAsString,
      [settingVariable("bucketWritePrincipals")]: `account:${administrator}`,
      [settingVariable("corsOrigins")]: parameters.CorsOrigins.valueAsString,
    },
    domain: {
      name: Lazy.string({ produce: () => findHost(stack, hasDomain, parameters.DomainName.valueAsString) }),
      certificate: Certificate.fromCertificateArn(stack, "Certificate", parameters.CertificateArn.valueAsString),
    },
  });
  makeConditional(stack, store, hasDomain);
  protectTable(stack, store, table.tableArn, table.tableName);
  addOutputs(stack, store);
  const { template } = app.synth().getStackByName(stack.stackName) as { readonly template: Template };
  return { stack, template, zips: synthesizer.zips };
};

/** Adds the condition that a parameter is not empty. */
const addCondition = (stack: Stack, name: string, parameter: ParameterName): CfnCondition =>
  new CfnCondition(stack, name, { expression: Fn.conditionNot(Fn.conditionEquals(Fn.ref(parameter), "")) });

/** The host of the API: its domain if it has one, otherwise that of API Gateway. */
const findHost = (stack: Stack, hasDomain: CfnCondition, domain: string): string => {
  const api = stack.node.findAll().find((one) => one instanceof CfnApi);
  if (api === undefined) throw new TypeError("The stack has no API.");
  return Fn.conditionIf(
    hasDomain.logicalId,
    domain,
    Fn.join("", [api.ref, ".execute-api.", Aws.REGION, ".", Aws.URL_SUFFIX]),
  ).toString();
};

/** Makes the domain, and alarms with the budget, conditional on their parameters. Nothing else refers to them. */
const makeConditional = (stack: Stack, store: StoreResources, hasDomain: CfnCondition): void => {
  const hasAddress = addCondition(stack, "HasAlarmAddress", "AlarmAddress");
  const monitoring = store.node.findChild("Monitoring");
  const optional = [
    [monitoring.node.findChild("Alarms"), hasAddress],
    [monitoring.node.findChild("Budget"), hasAddress],
    [store.node.findChild("HttpApi").node.findChild("Domain"), hasDomain],
  ] as const;
  for (const [part, condition] of optional)
    for (const one of part.node.findAll()) if (CfnResource.isCfnResource(one)) one.cfnOptions.condition = condition;
  (stack.node.findChild(DOMAIN_TARGET_OUTPUT_NAME) as CfnOutput).condition = hasDomain;
  for (const one of optional[2][0].node.findAll())
    if (one instanceof CfnDomainName) one.domainName = Fn.ref("DomainName" satisfies ParameterName);
};

/**
 * Protects the table from deletion once everything else exists. CloudFormation removes it when a first deployment fails and
 * rolls it back, which would fail if the table were protected.
 */
const protectTable = (stack: Stack, store: StoreResources, tableArn: string, tableName: string): void => {
  const calls = store.node.findChild("DeployCalls") as DeployCalls;
  calls.role.addToPolicy(new PolicyStatement({ actions: ["dynamodb:UpdateTable"], resources: [tableArn] }));
  const protection = calls.add("ProtectTable", {
    onCreate: {
      service: "DynamoDB",
      action: "UpdateTable",
      parameters: { TableName: tableName, DeletionProtectionEnabled: true },
      outputPaths: ["TableDescription.TableName"],
      physicalResourceId: PhysicalResourceId.of("ProtectTable"),
    },
  });
  // A dependency on what only some variants have cannot be in DependsOn, which knows no conditions.
  const own = protection.node.findAll();
  const after = store.node.findAll().flatMap((one) => {
    if (!CfnResource.isCfnResource(one) || own.includes(one)) return [];
    const { ref, logicalId, cfnOptions } = one;
    const condition = cfnOptions.condition?.logicalId;
    return [[stack.resolve(logicalId), condition === undefined ? ref : Fn.conditionIf(condition, ref, Aws.NO_VALUE)]];
  });
  const resource = protection.node.findChild("Resource").node.defaultChild as CfnResource;
  resource.addPropertyOverride("After", Object.fromEntries(after));
};

const addOutputs = (stack: Stack, { commands = "" }: StoreResources): void => {
  const region = stack.region;
  new CfnOutput(stack, "FirstAdministrator", {
    value: `https://${region}.console.aws.amazon.com/lambda/home?region=${region}#/functions/${commands}?tab=testing`,
    description: "Press Test on this page: the answer has the link on which the administrator sets a password",
  });
  new CfnOutput(stack, "FirstAdministratorCommand", {
    value: `aws lambda invoke --function-name ${commands} --region ${region} /dev/stdout`,
    description: "The same in CloudShell",
  });
};
