import PostalMime, { decodeWords, type Email } from "postal-mime";

/** A decoded mail. */
export interface ReadableMail {
  /** Names of the header fields in lower case, in order. */
  readonly names: readonly string[];
  /** A decoded header field; `undefined` when it is missing. */
  header(name: string): string | undefined;
  readonly text: string | undefined;
  readonly html: string | undefined;
  /** Number of parts with content. */
  readonly parts: number;
}

/** Decodes the source of a mail. Never rejects; a mail that cannot be parsed has no fields and its source as text. */
export const readMail = async (raw: string): Promise<ReadableMail> => {
  const { headers, text, html, attachments } = await parse(raw);
  return {
    names: headers.map(({ key }) => key),
    header: (name) => {
      const value = headers.find(({ key }) => key === name)?.value;
      return value === undefined ? undefined : decodeWords(value);
    },
    text,
    html,
    parts: [text, html, ...attachments].filter((part) => part !== undefined).length,
  };
};

const parse = async (raw: string): Promise<Pick<Email, "headers" | "text" | "html" | "attachments">> => {
  try {
    return await PostalMime.parse(raw);
  } catch {
    return { headers: [], text: raw, attachments: [] };
  }
};
