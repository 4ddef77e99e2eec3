/**
 * The fields of X-Ray's trace header:
 * https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
 */
const ROOT_PATTERN = /(?:^|;)\s*Root=(1-[0-9a-f]{8}-[0-9a-f]{24})(?:;|$)/;
const PARENT_PATTERN = /(?:^|;)\s*Parent=([0-9a-f]{16})(?:;|$)/;
const SAMPLED_PATTERN = /(?:^|;)\s*Sampled=1(?:;|$)/;

/**
 * Returns the trace header to send with messages, or `undefined` if the trace is not sampled. It is rebuilt from its
 * fields, since SQS refuses messages with an invalid header.
 */
export const readSampledTrace = (header = ""): string | undefined => {
  const [root, parent] = [ROOT_PATTERN.exec(header)?.[1], PARENT_PATTERN.exec(header)?.[1]];
  return root !== undefined && parent !== undefined && SAMPLED_PATTERN.test(header)
    ? `Root=${root};Parent=${parent};Sampled=1`
    : undefined;
};
