import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { definePlugin } from "@kintoun/kit";
import { Template } from "aws-cdk-lib/assertions";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { search } from "../../plugins/search/index.ts";
import { stackOf } from "./synthesize.ts";

const RUNBOOK = readFileSync(join(import.meta.dirname, "../../docs/operations/runbook.md"), "utf8");
const { Statement } = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../docs/operations/deploy-policy.json"), "utf8"),
) as { Statement: { Action: string[] }[] };
const allowed = Statement.flatMap(({ Action }) => Action);

/** The actions with which CloudFormation makes and removes a resource, by type. */
const ACTIONS: Readonly<Record<string, readonly string[]>> = {
  "AWS::ApiGatewayV2::Api": ["apigateway:POST", "apigateway:DELETE"],
  "AWS::ApiGatewayV2::ApiMapping": ["apigateway:POST", "apigateway:DELETE"],
  "AWS::ApiGatewayV2::DomainName": ["apigateway:POST", "apigateway:DELETE"],
  "AWS::ApiGatewayV2::Integration": ["apigateway:POST", "apigateway:DELETE"],
  "AWS::ApiGatewayV2::Route": ["apigateway:POST", "apigateway:DELETE"],
  "AWS::ApiGatewayV2::Stage": ["apigateway:POST", "apigateway:DELETE", "logs:CreateLogDelivery"],
  "AWS::Budgets::Budget": ["budgets:ModifyBudget"],
  "AWS::CloudWatch::Alarm": ["cloudwatch:PutMetricAlarm", "cloudwatch:DeleteAlarms"],
  "AWS::CloudWatch::Dashboard": ["cloudwatch:PutDashboard", "cloudwatch:DeleteDashboards"],
  "AWS::CodeDeploy::Application": ["codedeploy:CreateApplication", "codedeploy:DeleteApplication"],
  "AWS::CodeDeploy::DeploymentGroup": ["codedeploy:CreateDeploymentGroup", "codedeploy:DeleteDeploymentGroup"],
  "AWS::DynamoDB::Table": ["dynamodb:CreateTable", "dynamodb:UpdateContinuousBackups", "dynamodb:UpdateTimeToLive"],
  "AWS::Events::Rule": ["events:PutRule", "events:PutTargets", "events:DeleteRule"],
  "AWS::IAM::Policy": ["iam:PutRolePolicy", "iam:DeleteRolePolicy"],
  "AWS::IAM::Role": ["iam:CreateRole", "iam:PassRole", "iam:DeleteRole"],
  "AWS::Lambda::Alias": ["lambda:CreateAlias", "lambda:UpdateAlias", "lambda:DeleteAlias"],
  "AWS::Lambda::EventSourceMapping": ["lambda:CreateEventSourceMapping", "lambda:DeleteEventSourceMapping"],
  "AWS::Lambda::Function": ["lambda:CreateFunction", "lambda:UpdateFunctionCode", "lambda:DeleteFunction"],
  "AWS::Lambda::Permission": ["lambda:AddPermission", "lambda:RemovePermission"],
  "AWS::Lambda::Version": ["lambda:PublishVersion", "lambda:ListVersionsByFunction"],
  "AWS::Logs::LogGroup": ["logs:CreateLogGroup", "logs:PutRetentionPolicy", "logs:DeleteLogGroup"],
  "AWS::OpenSearchServerless::AccessPolicy": ["aoss:CreateAccessPolicy", "aoss:DeleteAccessPolicy"],
  "AWS::OpenSearchServerless::Collection": ["aoss:CreateCollection", "aoss:DeleteCollection"],
  "AWS::OpenSearchServerless::CollectionGroup": ["aoss:CreateCollectionGroup", "aoss:DeleteCollectionGroup"],
  "AWS::OpenSearchServerless::SecurityPolicy": ["aoss:CreateSecurityPolicy", "aoss:DeleteSecurityPolicy"],
  "AWS::S3::Bucket": ["s3:CreateBucket", "s3:PutEncryptionConfiguration", "s3:PutLifecycleConfiguration"],
  "AWS::S3::BucketPolicy": ["s3:PutBucketPolicy", "s3:DeleteBucketPolicy"],
  "AWS::SNS::Subscription": ["sns:Subscribe", "sns:Unsubscribe"],
  "AWS::SNS::Topic": ["sns:CreateTopic", "sns:DeleteTopic"],
  "AWS::SNS::TopicPolicy": ["sns:SetTopicAttributes"],
  "AWS::SQS::Queue": ["sqs:CreateQueue", "sqs:DeleteQueue"],
  "AWS::SQS::QueuePolicy": ["sqs:SetQueueAttributes"],
  "AWS::Scheduler::Schedule": ["scheduler:CreateSchedule", "scheduler:DeleteSchedule"],
  "Custom::AWS": ["lambda:InvokeFunction"],
};

const nightly = definePlugin({
  name: "nightly",
  about: "Counts.",
  version: "1",
  schedules: { count: { about: "Counts.", cron: "0 3 * * *", run: () => ({}) } },
});

/** A store with everything that `deploy` can add. */
const template = Template.fromStack(
  stackOf([basicauth(), search({ serverless: { name: "finder" } }), nightly()], {
    overrides: { deploy: { alarmAddress: "ops@your-domain.com", monthlyBudgetUsd: 20, gradual: true } },
  }),
).toJSON() as {
  Resources: Record<string, { Type: string; Properties: Record<string, unknown>; UpdatePolicy?: unknown }>;
};
const resources = Object.values(template.Resources);
const propertiesOf = (type: string) =>
  resources.filter(({ Type }) => Type === type).map(({ Properties }) => Properties);

describe("the permissions of a deployment", () => {
  it("cover every type of resource that a store has", () => {
    const types = [...new Set(resources.map(({ Type }) => Type))];

    expect(types.filter((type) => ACTIONS[type] === undefined)).toEqual([]);
    expect(types.flatMap((type) => ACTIONS[type] ?? []).filter((action) => !allowed.includes(action))).toEqual([]);
    expect(
      Object.values(ACTIONS)
        .flat()
        .filter((action) => !allowed.includes(action)),
    ).toEqual([]);
  });

  it("name no service that a store does not use", () => {
    const services = new Set(
      Object.values(ACTIONS).flatMap((actions) => actions.map((action) => action.split(":")[0])),
    );

    expect(
      allowed.filter((action) => !services.has(String(action.split(":")[0])) && !/^cloudformation:/.test(action)),
    ).toEqual([]);
    expect(new Set(allowed).size).toBe(allowed.length);
  });
});

describe("the alarms of a store", () => {
  const alarms = propertiesOf("AWS::CloudWatch::Alarm");
  const anchorOf = (heading: string): string =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, "")
      .replaceAll(" ", "-");
  const anchors = [...RUNBOOK.matchAll(/^## (.+)$/gm)].map(([, heading = ""]) => anchorOf(heading));

  it("name a section of the runbook in their descriptions, and send mail", () => {
    const mailing = alarms.filter(({ AlarmActions }) => AlarmActions !== undefined);
    const sections = mailing.map(({ AlarmDescription }) => String(AlarmDescription).split("runbook.md#")[1]);

    expect(new Set(sections).size).toBe(6);
    expect(sections.filter((section) => !anchors.includes(String(section)))).toEqual([]);
    expect(propertiesOf("AWS::SNS::Subscription")).toMatchObject([
      { Protocol: "email", Endpoint: "ops@your-domain.com" },
    ]);
    expect(JSON.stringify(propertiesOf("AWS::SNS::TopicPolicy"))).toContain("cloudwatch.amazonaws.com");
  });

  it("watch each work queue and its dead letters", () => {
    const queues = propertiesOf("AWS::Lambda::EventSourceMapping").length - 1;
    const names = alarms.map(({ MetricName }) => MetricName);

    expect(names.filter((name) => name === "ApproximateAgeOfOldestMessage")).toHaveLength(queues);
    expect(names.filter((name) => name === "ApproximateNumberOfMessagesVisible")).toHaveLength(queues + 1);
  });
});

describe("deploy.gradual", () => {
  it("lets the API call aliases, which CodeDeploy moves and rolls back", () => {
    const groups = propertiesOf("AWS::CodeDeploy::DeploymentGroup");
    const aliases = resources.filter(({ Type }) => Type === "AWS::Lambda::Alias");

    expect(aliases).toHaveLength(2);
    for (const { UpdatePolicy } of aliases) expect(UpdatePolicy).toHaveProperty("CodeDeployLambdaAliasUpdate");
    expect(groups.map(({ DeploymentConfigName }) => DeploymentConfigName)).toEqual([
      "CodeDeployDefault.LambdaCanary10Percent5Minutes",
      "CodeDeployDefault.LambdaCanary10Percent5Minutes",
    ]);
    expect(JSON.stringify(propertiesOf("AWS::ApiGatewayV2::Integration")).match(/Live\w+/g)).toHaveLength(2);
    expect(JSON.stringify(groups)).toContain("DEPLOYMENT_STOP_ON_ALARM");
  });
});
