import { GetQueueUrlCommand, SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { encodeBody } from "../core/events/message-body.ts";
import { type FilterPattern, matchesPattern } from "../lib/filter-pattern.ts";
import { isObject, type JsonObject, parseJson } from "../lib/json.ts";

interface Rule {
  readonly bus: string;
  readonly pattern: FilterPattern;
  /** Names of queues by the ids of targets. */
  readonly queues: Map<string, string>;
}

/** Rules of a bus. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html */
const MAX_RULES = 300;

/** An error of the emulation, with its name in EventBridge. */
export class EventRuleError extends Error {
  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

/**
 * The rules that programs create on the embedded buses, besides those of the plugins' inbound parts. They are kept in
 * memory, and their targets are queues.
 */
export class EventRules {
  readonly #rules = new Map<string, Rule>();
  readonly #sqs: SQSClient;

  constructor(sqs: SQSClient) {
    this.#sqs = sqs;
  }

  /** Answers a request about rules; returns `undefined` for another one. @param operation such as `PutRule` */
  handle(operation: string, request: JsonObject): JsonObject | undefined {
    switch (operation) {
      case "PutRule":
        return this.#putRule(request);
      case "PutTargets":
        return this.#putTargets(request);
      case "RemoveTargets": {
        const { queues } = this.#find(request.Rule, request);
        for (const id of listOf(request.Ids)) queues.delete(String(id));
        return { FailedEntryCount: 0, FailedEntries: [] };
      }
      case "DeleteRule": {
        if (this.#find(request.Name, request).queues.size > 0)
          throw new EventRuleError("ValidationException", "Rule can't be deleted since it has targets.");
        this.#rules.delete(toKey(request.Name, request));
        return {};
      }
      default:
        return undefined;
    }
  }

  /** Sends an event to the targets of the rules that it matches. */
  async deliver(bus: string, event: JsonObject): Promise<void> {
    for (const rule of this.#rules.values()) {
      if (rule.bus !== bus || !matchesPattern(rule.pattern, event)) continue;
      for (const queue of rule.queues.values()) {
        const { QueueUrl } = await this.#sqs.send(new GetQueueUrlCommand({ QueueName: queue }));
        await this.#sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: encodeBody(event) }));
      }
    }
  }

  #putRule(request: JsonObject): JsonObject {
    const { Name, EventPattern } = request;
    if (this.#rules.size === MAX_RULES)
      throw new EventRuleError("LimitExceededException", "The requested resource exceeds the maximum number allowed.");
    const pattern = parsePattern(EventPattern);
    this.#rules.set(toKey(Name, request), { bus: busOf(request), pattern, queues: new Map() });
    return { RuleArn: `arn:aws:events:us-east-1:000000000000:rule/${busOf(request)}/${Name}` };
  }

  #putTargets(request: JsonObject): JsonObject {
    const { queues } = this.#find(request.Rule, request);
    for (const target of listOf(request.Targets)) {
      const [, queue] = /^arn:aws:sqs:[^:]*:[^:]*:(.+)$/.exec(String(isObject(target) ? target.Arn : "")) ?? [];
      if (queue === undefined)
        throw new EventRuleError("ValidationException", "The embedded bus has only queues of SQS as targets.");
      queues.set(String((target as JsonObject).Id), queue);
    }
    return { FailedEntryCount: 0, FailedEntries: [] };
  }

  #find(name: unknown, request: JsonObject): Rule {
    const rule = this.#rules.get(toKey(name, request));
    if (rule === undefined) throw new EventRuleError("ResourceNotFoundException", `Rule ${name} does not exist.`);
    return rule;
  }
}

const busOf = ({ EventBusName }: JsonObject): string => (typeof EventBusName === "string" ? EventBusName : "default");
const toKey = (name: unknown, request: JsonObject): string => `${busOf(request)} ${name}`;
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const parsePattern = (text: unknown): FilterPattern => {
  try {
    const pattern = parseJson(String(text));
    if (isObject(pattern)) return pattern as FilterPattern;
  } catch {
    // Reported below.
  }
  throw new EventRuleError("InvalidEventPatternException", "Event pattern is not valid. Reason: it must be an object");
};
