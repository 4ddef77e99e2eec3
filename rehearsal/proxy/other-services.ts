import { jsonOf, jsonResponse, operationOf, type ProxiedService, type ServiceRequest } from "./service.ts";

/** Where the rehearsed account is. */
export interface Place {
  readonly region: string;
  readonly account: string;
}

type Target = ProxiedService["target"];

const requireOperation = (request: ServiceRequest, expected: string, service: string): void => {
  const operation = operationOf(request);
  if (operation !== expected)
    throw new TypeError(`The rehearsal does not know the operation ${operation} of ${service}`);
};

/** EventBridge. */
export const proxyEvents = (target: Target, { region, account }: Place): ProxiedService => ({
  target,
  toCalls: (request) => {
    requireOperation(request, "PutEvents", "EventBridge");
    const { Entries } = jsonOf(request);
    const buses = (Array.isArray(Entries) ? Entries : []).map(
      (entry: { EventBusName?: string }) => entry.EventBusName ?? "default",
    );
    return [...new Set(buses)].map((bus) => ({
      action: "events:PutEvents",
      resource: bus.startsWith("arn:") ? bus : `arn:aws:events:${region}:${account}:event-bus/${bus}`,
      context: {},
    }));
  },
  refuse: (message) => jsonResponse(400, { __type: "AccessDeniedException", Message: message }),
});

/** The Parameter Store. A reference to Secrets Manager needs the secret's permission too. */
export const proxySsm = (target: Target, { region, account }: Place): ProxiedService => ({
  target,
  toCalls: (request) => {
    requireOperation(request, "GetParameter", "SSM");
    const name = String(jsonOf(request).Name);
    const [, secret] = /^\/aws\/reference\/secretsmanager\/(.+)$/.exec(name) ?? [];
    return [
      {
        action: "ssm:GetParameter",
        resource: `arn:aws:ssm:${region}:${account}:parameter/${name.replace(/^\//, "")}`,
        context: {},
      },
      ...(secret === undefined
        ? []
        : [
            {
              action: "secretsmanager:GetSecretValue",
              resource: `arn:aws:secretsmanager:${region}:${account}:secret:${secret}-AbCdEf`,
              context: {},
            },
          ]),
    ];
  },
  refuse: (message) => jsonResponse(400, { __type: "AccessDeniedException", message }),
});

/** CloudWatch Logs. */
export const proxyLogs = (target: Target, { region, account }: Place): ProxiedService => ({
  target,
  toCalls: (request) => {
    requireOperation(request, "FilterLogEvents", "CloudWatch Logs");
    const group = String(jsonOf(request).logGroupName);
    const resource = `arn:aws:logs:${region}:${account}:log-group:${group}:log-stream:`;
    return [{ action: "logs:FilterLogEvents", resource, context: {} }];
  },
  refuse: (message) => jsonResponse(400, { __type: "AccessDeniedException", message }),
});

/** CloudWatch. */
export const proxyMetrics = (target: Target): ProxiedService => ({
  target,
  toCalls: (request) => {
    requireOperation(request, "GetMetricData", "CloudWatch");
    return [{ action: "cloudwatch:GetMetricData", resource: "*", context: {} }];
  },
  refuse: (message) => jsonResponse(403, { __type: "AccessDenied", message }),
});

/** SES. */
export const proxySes = (target: Target, { region, account }: Place): ProxiedService => ({
  target,
  toCalls: (request) => {
    if (request.method !== "POST" || request.path !== "/v2/email/outbound-emails")
      throw new TypeError(`The rehearsal does not know the request ${request.method} ${request.path} to SES`);
    const from = String(jsonOf(request).FromEmailAddress);
    const address = /<([^<>]+)>$/.exec(from)?.[1] ?? from;
    return [
      {
        action: "ses:SendEmail",
        resource: `arn:aws:ses:${region}:${account}:identity/${address}`,
        context: { "ses:FromAddress": [address] },
      },
    ];
  },
  refuse: (message) => jsonResponse(403, { message }, { "x-amzn-errortype": "AccessDeniedException" }),
});

/** SNS, which has the query protocol. */
export const proxySns = (target: Target): ProxiedService => ({
  target,
  toCalls: ({ body }) => {
    const form = new URLSearchParams(body.toString("utf8"));
    const action = form.get("Action") ?? "";
    if (action !== "Publish" && action !== "PublishBatch")
      throw new TypeError(`The rehearsal does not know the operation ${action} of SNS`);
    return [{ action: "sns:Publish", resource: form.get("TopicArn") ?? "", context: {} }];
  },
  refuse: (message) => ({
    status: 403,
    headers: { "content-type": "text/xml" },
    body: `<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type><Code>AuthorizationError</Code><Message>${message.replace(/[<&]/g, "")}</Message></Error><RequestId>rehearsal</RequestId></ErrorResponse>`,
  }),
});
