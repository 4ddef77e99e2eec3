import { randomUUID } from "node:crypto";
import { type FilterPattern, matchesPattern } from "../../lib/filter-pattern.ts";
import { parseExactJson } from "../../lib/json.ts";
import type { Place } from "../proxy/other-services.ts";
import { jsonOf, jsonResponse, type ServiceRequest, type ServiceResponse } from "../proxy/service.ts";

interface Rule {
  readonly bus: string;
  readonly pattern: FilterPattern;
  readonly deliver: (event: object) => Promise<void>;
}

/** EventBridge, for the rules of the template. fauxqs has none, and the bus of `npm start` takes its rules from plugins. */
export const createEventBus =
  ({ region, account }: Place, rules: ReadonlyMap<string, Rule>) =>
  async (request: ServiceRequest): Promise<ServiceResponse> => {
    const { Entries } = jsonOf(request);
    const answers = [];
    for (const entry of Array.isArray(Entries) ? Entries : []) {
      const { Source, DetailType, Detail, EventBusName = "default", Resources = [] } = entry as Record<string, unknown>;
      const event = {
        version: "0",
        id: randomUUID(),
        "detail-type": DetailType,
        source: Source,
        account,
        time: new Date().toISOString().replace(/\.\d+Z$/, "Z"),
        region,
        resources: Resources,
        detail: parseExactJson(String(Detail)),
      };
      for (const { bus, pattern, deliver } of rules.values())
        if (bus === EventBusName && matchesPattern(pattern, event)) await deliver(event);
      answers.push({ EventId: event.id });
    }
    return jsonResponse(200, { FailedEntryCount: 0, Entries: answers });
  };
