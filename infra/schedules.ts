import { Aws } from "aws-cdk-lib";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { CfnSchedule } from "aws-cdk-lib/aws-scheduler";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { toScheduleMessage } from "../core/jobs/job.ts";
import type { PluginManifest } from "../kit/plugin.ts";
import { type Cron, parseCron } from "../lib/cron.ts";

/**
 * A placeholder that EventBridge replaces with the scheduled time.
 * https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
 */
const SCHEDULED_TIME = "<aws.scheduler.scheduled-time>";

/** Sends a message to a plugin's job queue at the times of its schedules. */
export class Schedules extends Construct {
  constructor(scope: Construct, { plugin, queue }: { plugin: PluginManifest; queue: Queue }) {
    super(scope, `${plugin.name}-schedules`);
    const role = new Role(this, "Role", {
      assumedBy: new ServicePrincipal("scheduler.amazonaws.com", {
        conditions: { StringEquals: { "aws:SourceAccount": Aws.ACCOUNT_ID } },
      }),
      description: `Kintoun: starts schedules of ${plugin.name}`,
    });
    role.addToPolicy(new PolicyStatement({ actions: ["sqs:SendMessage"], resources: [queue.queueArn] }));
    for (const [name, { about, cron = "" }] of Object.entries(plugin.schedules)) {
      const times = parseCron(cron);
      for (const [index, expression] of (times === undefined ? [] : toExpressions(times)).entries()) {
        new CfnSchedule(this, `${name}${index === 0 ? "" : index}`, {
          description: `Kintoun: ${about}`.slice(0, 512),
          scheduleExpression: expression,
          scheduleExpressionTimezone: "UTC",
          flexibleTimeWindow: { mode: "OFF" },
          target: { arn: queue.queueArn, roleArn: role.roleArn, input: toScheduleMessage(name, SCHEDULED_TIME) },
        });
      }
    }
  }
}

/**
 * Converts a cron expression to EventBridge expressions. EventBridge cannot combine days of the month and weekdays, so
 * such an expression becomes two. A time that matches both becomes one job.
 * https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
 */
export const toExpressions = (cron: Cron): readonly string[] => {
  const [minutes, hours, days, months] = [
    fieldOf(cron.minutes, 60),
    fieldOf(cron.hours, 24),
    fieldOf(cron.days, 31),
    fieldOf(cron.months, 12),
  ];
  // Sunday is 1 in EventBridge.
  const weekdays = fieldOf(
    cron.weekdays.map((day) => day + 1),
    7,
  );
  const byDay = `cron(${minutes} ${hours} ${days} ${months} ? *)`;
  const byWeekday = `cron(${minutes} ${hours} ? ${months} ${weekdays} *)`;
  if (cron.wildcards.includes("weekdays")) return [byDay];
  return cron.wildcards.includes("days") ? [byWeekday] : [byDay, byWeekday];
};

/** Formats the values of a field, with ranges. @param all number of possible values */
const fieldOf = (values: readonly number[], all: number): string => {
  if (values.length === all) return "*";
  const ranges: [from: number, to: number][] = [];
  for (const value of values) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === value - 1) last[1] = value;
    else ranges.push([value, value]);
  }
  return ranges.map(([from, to]) => (from === to ? String(from) : `${from}-${to}`)).join(",");
};
