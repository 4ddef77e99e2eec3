/** A text as SQS and SNS take it: no control characters, no halves of pairs. */
export const sendable = (text: string): string =>
  text.replace(/[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "?");

/** A JSON as SNS takes it: U+FFFE and U+FFFF escaped. */
export const sendableJson = (json: string): string =>
  json.replace(/[\ufffe\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16)}`);
