import type { CheckedCall, ProxiedService, ServiceRequest, ServiceResponse } from "./service.ts";

/** S3, with buckets in the path. @param serveSigned serves a signed URL, whose caller is checked already */
export const proxyS3 = (target: string): ProxiedService => ({
  target,
  toCalls,
  refuse,
  onResponse: (request, response, isAllowed) => {
    const [bucket, key] = splitPath(request);
    if (response.status !== 404 || key === "") return response;
    // S3 tells only callers that may list the bucket which objects do not exist.
    const call = { action: "s3:ListBucket", resource: bucket, context: { "s3:prefix": [key] } };
    return isAllowed(call) ? response : refuse("Access Denied");
  },
});

const refuse = (message: string): ServiceResponse => ({
  status: 403,
  headers: { "content-type": "application/xml" },
  body: `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code><Message>${message.replace(/[<&]/g, "")}</Message></Error>`,
});

/** The ARN of the bucket, and the decoded key. */
const splitPath = ({ path }: ServiceRequest): readonly [bucket: string, key: string] => {
  const [, bucket = "", key = ""] = /^\/([^/]*)\/?(.*)$/s.exec(decodeURIComponent(path)) ?? [];
  return [`arn:aws:s3:::${bucket}`, key];
};

const ACTIONS: Readonly<Record<string, string>> = {
  GET: "GetObject",
  HEAD: "GetObject",
  PUT: "PutObject",
  DELETE: "DeleteObject",
};

const toCalls = (request: ServiceRequest): readonly CheckedCall[] => {
  const { method, query, headers } = request;
  const [bucket, key] = splitPath(request);
  if (key === "") {
    if (method !== "GET" || query.get("list-type") !== "2")
      throw new TypeError(
        `The rehearsal does not know the request ${method} ${request.path}?${query.toString()} to S3`,
      );
    return [
      {
        action: "s3:ListBucket",
        resource: bucket,
        context: { "s3:prefix": [query.get("prefix") ?? ""] },
        policyArn: bucket,
      },
    ];
  }
  const action = ACTIONS[method];
  if (
    action === undefined ||
    headers["x-amz-copy-source"] !== undefined ||
    query.has("uploads") ||
    query.has("uploadId")
  )
    throw new TypeError(`The rehearsal does not know the request ${method} ${request.path}?${query.toString()} to S3`);
  return [{ action: `s3:${action}`, resource: `${bucket}/${key}`, context: {}, policyArn: bucket }];
};
