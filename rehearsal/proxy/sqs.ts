import { jsonOf, jsonResponse, operationOf, type ProxiedService } from "./service.ts";

/** The action of each operation. Those of batches are that of one message. */
const ACTIONS: Readonly<Record<string, string>> = {
  ChangeMessageVisibility: "ChangeMessageVisibility",
  ChangeMessageVisibilityBatch: "ChangeMessageVisibility",
  DeleteMessage: "DeleteMessage",
  DeleteMessageBatch: "DeleteMessage",
  GetQueueAttributes: "GetQueueAttributes",
  ReceiveMessage: "ReceiveMessage",
  SendMessage: "SendMessage",
  SendMessageBatch: "SendMessage",
};

/** The ARN of a queue by its URL. */
const queueArnOf = (url: string, { region, account }: { region: string; account: string }): string =>
  `arn:aws:sqs:${region}:${account}:${url.slice(url.lastIndexOf("/") + 1)}`;

export const proxySqs = (target: string, place: { region: string; account: string }): ProxiedService => ({
  target,
  toCalls: (request) => {
    const action = ACTIONS[operationOf(request)];
    if (action === undefined)
      throw new TypeError(`The rehearsal does not know the operation ${operationOf(request)} of SQS`);
    const { QueueUrl } = jsonOf(request);
    return [{ action: `sqs:${action}`, resource: queueArnOf(String(QueueUrl), place), context: {} }];
  },
  refuse: (message) =>
    jsonResponse(
      403,
      { __type: "com.amazon.coral.service#AccessDeniedException", message },
      { "x-amzn-query-error": "AccessDenied;Sender" },
    ),
});
