import { randomUUID } from "node:crypto";
import type { Settings } from "./options.ts";

const MAX_NAME_CHARS = 255;
const MAX_KEY_NAME_CHARS = 100;
const MAX_SHOWN_CHARS = 100;

/** The name of a file that a client has sent, without a folder and control characters. */
export const cleanFileName = (name: string): string =>
  Array.from((name.split(/[/\\]/).at(-1) ?? "").toWellFormed().replace(/\p{C}/gu, "").trim())
    .slice(0, MAX_NAME_CHARS)
    .join("");

/** The extension in lower case, without its dot; empty if there is none. */
export const extensionOf = (name: string): string => {
  const dot = name.lastIndexOf(".");
  return dot <= 0 ? "" : name.slice(dot + 1).toLowerCase();
};

/** The key of a new file. @param attempt above 0 if the key of the attempt before it is taken */
export const createKey = (name: string, { folder, randomize }: Settings, attempt: number): string => {
  const plain = toPlainName(name);
  const extension = extensionOf(plain);
  const [base, end] = extension === "" ? [plain, ""] : [plain.slice(0, -extension.length - 1), `.${extension}`];
  const file = randomize ? `${randomUUID()}${end}` : `${base}${attempt === 0 ? "" : `-${attempt}`}${end}`;
  return folder === "" ? file : `${folder}/${file}`;
};

/** The name in letters, digits, `_`, `-` and single dots, none of them first. */
const toPlainName = (name: string): string => {
  const plain = name
    .normalize("NFKD")
    .replace(/[^\w.-]+/g, "_")
    .replace(/^[._-]+|[._-]+$/g, "")
    .replace(/\.{2,}/g, ".");
  // The end is kept, because it has the extension.
  return plain === "" ? "file" : plain.slice(-MAX_KEY_NAME_CHARS).replace(/^[._-]+/, "");
};

/** The value of `Content-Disposition` (RFC 6266), with the end of a long name: S3 keeps 2 KB of headers with a file. */
export const formatDisposition = (kind: "attachment" | "inline", filename: string): string => {
  const name = Array.from(filename).slice(-MAX_SHOWN_CHARS).join("");
  const ascii = name.replace(/[^\x20-\x7e]|["\\%]/g, "_");
  const encoded = encodeURIComponent(name).replace(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `${kind}; filename="${ascii}"; filename*=UTF-8''${encoded}`;
};
