/** What a receiver of a webhook got. */
export interface SignedMessage {
  readonly id: string;
  /** Seconds since 1970, as text. */
  readonly timestamp: string;
  /** The header `webhook-signature`. */
  readonly signatures: string;
  /** As received. */
  readonly body: string;
  readonly secret: string;
}

export interface SignatureReport {
  readonly isValid: boolean;
  /** Why, in sentences. */
  readonly reasons: readonly string[];
}

/** Receivers refuse messages that are older, or so far in the future. */
const MAX_AGE_SECONDS = 300;

/**
 * Checks a message by the specification of Standard Webhooks, and says what is wrong with it.
 * @param now epoch ms
 */
export const checkSignature = async (
  { id, timestamp, signatures, body, secret }: SignedMessage,
  now: number,
): Promise<SignatureReport> => {
  const missing = Object.entries({
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": signatures,
    secret,
  }).flatMap(([name, value]) => (value.trim() === "" ? [name] : []));
  if (missing.length > 0) return { isValid: false, reasons: [`Fill in: ${missing.join(", ")}.`] };
  const key = decodeSecret(secret.trim());
  if (key === undefined)
    return { isValid: false, reasons: ["The secret is not valid. It is whsec_ and base64, as the webhook shows it."] };
  const given = signatures.trim().split(/\s+/);
  const versions = given.filter((one) => one.startsWith("v1,"));
  if (versions.length === 0)
    return { isValid: false, reasons: ["The signature has no part that begins with v1, so nothing can be compared."] };

  const signing = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const signed = (text: string) => crypto.subtle.sign("HMAC", signing, new TextEncoder().encode(text));
  const expected = async (text: string) =>
    `v1,${encodeBase64(await signed(`${id.trim()}.${timestamp.trim()}.${text}`))}`;
  const age = findAgeIssue(timestamp.trim(), now);
  if (versions.includes(await expected(body)))
    return {
      isValid: age === undefined,
      reasons: ["The signature is that of this body, id, time and secret.", ...(age === undefined ? [] : [age])],
    };
  return {
    isValid: false,
    reasons: [
      "The signature is not that of this body, id, time and secret.",
      versions.includes(await expected(body.trim()))
        ? "It is right without the spaces and line ends around the body: paste the body as it was received."
        : "Compare the body byte by byte: a parsed and printed body is another one. Check that the secret is the webhook's present one.",
      ...(age === undefined ? [] : [age]),
    ],
  };
};

const findAgeIssue = (timestamp: string, now: number): string | undefined => {
  const seconds = /^\d{1,12}$/.test(timestamp) ? Number(timestamp) : Number.NaN;
  if (Number.isNaN(seconds)) return "The time is not a number of seconds.";
  const age = Math.round(now / 1000 - seconds);
  if (Math.abs(age) <= MAX_AGE_SECONDS) return undefined;
  return age > 0
    ? `The message is ${age} seconds old. Receivers refuse it after ${MAX_AGE_SECONDS} seconds.`
    : `The time is ${-age} seconds in the future. Synchronize the clocks.`;
};

const decodeSecret = (secret: string): Uint8Array<ArrayBuffer> | undefined => {
  const text = secret.replace(/^whsec_/, "");
  if (text === "" || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined;
  try {
    return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  } catch {
    return undefined;
  }
};

const encodeBase64 = (bytes: ArrayBuffer): string => btoa(String.fromCharCode(...new Uint8Array(bytes)));
