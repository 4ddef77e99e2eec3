import { Aws } from "aws-cdk-lib";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { CfnSchedule } from "aws-cdk-lib/aws-scheduler";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { type Cron, readCron } from "../lib/cron.ts";
import { toScheduleMessage } from "../core/jobs/message.ts";
import type { ReadPlugin } from "../kit/read-plugin.ts";

/** What EventBridge's scheduler puts in the place of this. https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html */
const DUE = "<aws.scheduler.scheduled-time>";

/** Tells a plugin's queue of jobs when the time of one of its schedules has come. */
export class Schedules extends Construct {
  constructor(scope: Construct, { plugin, queue }: { plugin: ReadPlugin; queue: Queue }) {
    super(scope, `${plugin.name}-schedules`);
    const role = new Role(this, "Role", {
      assumedBy: new ServicePrincipal("scheduler.amazonaws.com", {
        conditions: { StringEquals: { "aws:SourceAccount": Aws.ACCOUNT_ID } },
      }),
      description: `Kintoun: tells the time to ${plugin.name}`,
    });
    role.addToPolicy(new PolicyStatement({ actions: ["sqs:SendMessage"], resources: [queue.queueArn] }));
    for (const [name, { about, cron = "" }] of Object.entries(plugin.schedules)) {
      const times = readCron(cron);
      for (const [place, expression] of (times === undefined ? [] : toExpressions(times)).entries()) {
        new CfnSchedule(this, `${name}${place === 0 ? "" : place}`, {
          description: `Kintoun: ${about}`.slice(0, 512),
          scheduleExpression: expression,
          scheduleExpressionTimezone: "UTC",
          flexibleTimeWindow: { mode: "OFF" },
          target: { arn: queue.queueArn, roleArn: role.roleArn, input: toScheduleMessage(name, DUE) },
        });
      }
    }
  }
}

/**
 * The expressions of six fields that name the same times (https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html): one, or, as each of
 * them leaves either kind of days open, two where both are named. A time that both name becomes one job.
 */
export const toExpressions = (cron: Cron): readonly string[] => {
  const [minutes, hours, days, months] = [
    fieldOf(cron.minutes, 60),
    fieldOf(cron.hours, 24),
    fieldOf(cron.days, 31),
    fieldOf(cron.months, 12),
  ];
  // Sunday is 1 there.
  const weekdays = fieldOf(
    cron.weekdays.map((day) => day + 1),
    7,
  );
  const byDay = `cron(${minutes} ${hours} ${days} ${months} ? *)`;
  const byWeekday = `cron(${minutes} ${hours} ? ${months} ${weekdays} *)`;
  if (cron.open.includes("weekdays")) return [byDay];
  return cron.open.includes("days") ? [byWeekday] : [byDay, byWeekday];
};

/** A field's values, those next to each other as ranges. @param all how many there are */
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
