/** How a trace is named that X-Ray keeps: https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader */
const ROOT_PATTERN = /(?:^|;)\s*Root=(1-[0-9a-f]{8}-[0-9a-f]{24})(?:;|$)/;
const PARENT_PATTERN = /(?:^|;)\s*Parent=([0-9a-f]{16})(?:;|$)/;
const SAMPLED_PATTERN = /(?:^|;)\s*Sampled=1(?:;|$)/;

/** What of a trace's header goes on to those who work on what came of it; `undefined` when the trace is not kept. SQS refuses a header of another form, and the messages with it. */
export const readSampledTrace = (header = ""): string | undefined => {
  const [root, parent] = [ROOT_PATTERN.exec(header)?.[1], PARENT_PATTERN.exec(header)?.[1]];
  return root !== undefined && parent !== undefined && SAMPLED_PATTERN.test(header)
    ? `Root=${root};Parent=${parent};Sampled=1`
    : undefined;
};
