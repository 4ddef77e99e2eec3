import { randomUUID } from "node:crypto";
import type { FilterPattern } from "../../lib/filter-pattern.ts";
import { objectOf, objectsOf, type ResourceType } from "./resource-type.ts";

/** AWS::Events::Rule, of a pattern and with queues as its targets. */
export const eventRule: ResourceType = {
  properties: ["Description", "EventBusName", "EventPattern", "Name", "State", "Targets"],
  async create({ account, logicalId, properties, report, generateName }) {
    const name = typeof properties.Name === "string" ? properties.Name : generateName(64);
    const { EventBusName: bus = "default", EventPattern } = properties;
    const arn = `arn:aws:events:${account.region}:${account.id}:rule/${bus === "default" ? "" : `${String(bus)}/`}${name}`;
    const targets = objectsOf(properties.Targets).flatMap(({ Arn, SqsParameters }) => {
      const queue = account.queues.get(String(Arn));
      if (queue === undefined) report("missing-resource", `There is no queue ${String(Arn)}`);
      return queue === undefined ? [] : [{ queue, group: objectOf(SqsParameters).MessageGroupId }];
    });
    if (EventPattern === undefined) report("unsupported", "The rehearsal has rules with patterns only");
    const credentials = account.directory.credentialsOfService("events.amazonaws.com", arn, logicalId);
    account.rules.set(arn, {
      bus: String(bus),
      pattern: objectOf(EventPattern) as FilterPattern,
      deliver: async (event) => {
        for (const { queue, group } of targets)
          await account.sendMessage(credentials, queue.url, JSON.stringify(event), {
            ...(group !== undefined && { MessageGroupId: String(group), MessageDeduplicationId: randomUUID() }),
          });
      },
    });
    return { ref: name, attributes: { Arn: arn }, stop: async () => void account.rules.delete(arn) };
  },
};
