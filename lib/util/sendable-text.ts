/** Replaces characters that SQS and SNS refuse: control characters and unpaired surrogates. */
export const toSendableText = (text: string): string =>
  text.replace(/[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "?");

/** Escapes U+FFFE and U+FFFF in a JSON text, which SNS refuses. */
export const toSendableJson = (json: string): string =>
  json.replace(/[\ufffe\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16)}`);
