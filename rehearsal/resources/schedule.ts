import { parseCron } from "../../lib/cron.ts";
import { objectOf, type ResourceType, requireText } from "./resource-type.ts";

/** A placeholder that EventBridge replaces with the scheduled time. */
const SCHEDULED_TIME = "<aws.scheduler.scheduled-time>";

/** AWS::Scheduler::Schedule, with a queue as its target. */
export const schedule: ResourceType = {
  properties: [
    "Description",
    "FlexibleTimeWindow",
    "Name",
    "ScheduleExpression",
    "ScheduleExpressionTimezone",
    "State",
    "Target",
  ],
  async create(context) {
    const { account, logicalId, properties, report, generateName } = context;
    const expression = requireText(context, "ScheduleExpression");
    if (!isCron(expression)) report("unsupported", `The rehearsal does not understand the schedule ${expression}`);
    const { Arn, RoleArn, Input } = objectOf(properties.Target);
    const queue = account.queues.get(String(Arn));
    const role = account.roles.get(String(RoleArn));
    if (queue === undefined) report("missing-resource", `There is no queue ${String(Arn)}`);
    if (role === undefined) report("missing-resource", `There is no role ${String(RoleArn)}`);
    if (queue !== undefined && role !== undefined)
      account.schedules.set(logicalId, async (time) =>
        account.sendMessage(
          account.directory.credentialsOfRole(role, logicalId),
          queue.url,
          String(Input).replaceAll(SCHEDULED_TIME, time),
        ),
      );
    return { ref: generateName(64), attributes: {}, stop: async () => void account.schedules.delete(logicalId) };
  },
};

/** Whether it is an expression of EventBridge whose fields are those of cron. @param expression such as `cron(0 3 * * ? *)` */
const isCron = (expression: string): boolean => {
  const fields = /^cron\((.*)\)$/.exec(expression)?.[1]?.split(" ") ?? [];
  const [minutes, hours, days, months, weekdays, years] = fields;
  if (fields.length !== 6 || years !== "*" || (days === "?") === (weekdays === "?")) return false;
  // Sunday is 1 in EventBridge, and 0 in cron.
  const shifted = weekdays?.replace(/\d/g, (day) => String(Number(day) - 1));
  return (
    parseCron([minutes, hours, days, months, shifted].map((field) => (field === "?" ? "*" : field)).join(" ")) !==
    undefined
  );
};
