import { bucket } from "./bucket.ts";
import { customCall } from "./custom-call.ts";
import { eventRule } from "./event-rule.ts";
import { eventSourceMapping } from "./event-source-mapping.ts";
import { lambdaAlias, lambdaFunction, lambdaPermission, lambdaVersion } from "./function.ts";
import { httpApi, integration, route, stage } from "./http-api.ts";
import { logGroup } from "./log-group.ts";
import { queue } from "./queue.ts";
import { bucketPolicy, queuePolicy } from "./resource-policies.ts";
import type { ResourceType } from "./resource-type.ts";
import { managedPolicy, policy, role } from "./role.ts";
import { schedule } from "./schedule.ts";
import { subscription } from "./subscription.ts";
import { table } from "./table.ts";

/** The types of resources that the rehearsal makes. */
export const RESOURCE_TYPES: Readonly<Record<string, ResourceType>> = {
  "AWS::ApiGatewayV2::Api": httpApi,
  "AWS::ApiGatewayV2::Integration": integration,
  "AWS::ApiGatewayV2::Route": route,
  "AWS::ApiGatewayV2::Stage": stage,
  "AWS::DynamoDB::Table": table,
  "AWS::Events::Rule": eventRule,
  "AWS::IAM::ManagedPolicy": managedPolicy,
  "AWS::IAM::Policy": policy,
  "AWS::IAM::Role": role,
  "AWS::Lambda::Alias": lambdaAlias,
  "AWS::Lambda::EventSourceMapping": eventSourceMapping,
  "AWS::Lambda::Function": lambdaFunction,
  "AWS::Lambda::Permission": lambdaPermission,
  "AWS::Lambda::Version": lambdaVersion,
  "AWS::Logs::LogGroup": logGroup,
  "AWS::S3::Bucket": bucket,
  "AWS::S3::BucketPolicy": bucketPolicy,
  "AWS::SNS::Subscription": subscription,
  "AWS::SQS::Queue": queue,
  "AWS::SQS::QueuePolicy": queuePolicy,
  "AWS::Scheduler::Schedule": schedule,
  "Custom::AWS": customCall,
};

/**
 * Types that take no part in serving requests and events, such as alarms. They get a name, and the report says that they were not
 * rehearsed.
 */
export const UNREHEARSED_TYPES: ReadonlySet<string> = new Set([
  "AWS::Budgets::Budget",
  "AWS::CloudWatch::Alarm",
  "AWS::CloudWatch::CompositeAlarm",
  "AWS::CloudWatch::Dashboard",
  "AWS::CodeDeploy::Application",
  "AWS::CodeDeploy::DeploymentGroup",
  "AWS::SNS::Topic",
  "AWS::SNS::TopicPolicy",
]);
