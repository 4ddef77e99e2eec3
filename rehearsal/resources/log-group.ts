import type { ResourceType } from "./resource-type.ts";

/** AWS::Logs::LogGroup. The logs of functions are kept in memory. */
export const logGroup: ResourceType = {
  properties: ["LogGroupClass", "LogGroupName", "RetentionInDays", "Tags"],
  async create({ account, properties, generateName }) {
    const name = typeof properties.LogGroupName === "string" ? properties.LogGroupName : generateName(512);
    return { ref: name, attributes: { Arn: `arn:aws:logs:${account.region}:${account.id}:log-group:${name}:*` } };
  },
};
