import { type JsonObject, parseJson, refuse } from "@kintoun/kit";

/** What a client sends to attach a file. */
export interface UploadForm {
  readonly file: { readonly name: string; readonly type: string; readonly content: Uint8Array };
  readonly data: JsonObject;
  readonly permissions: JsonObject | undefined;
}

const FIELDS = ["attachment", "data", "permissions"];

/** Parses a form with a file. Throws a 400 that names the field. */
export const readForm = async (bytes: Uint8Array, contentType: string): Promise<UploadForm> => {
  if (!/^multipart\/form-data\s*;/i.test(contentType.trim()))
    throw refuse(400, "Content-Type must be multipart/form-data with a boundary: send the file as a form.");
  const form = await parseForm(bytes, contentType);
  const unknown = [...form.keys()].find((name) => !FIELDS.includes(name));
  if (unknown !== undefined)
    throw refuse(
      400,
      `The form has the field ${JSON.stringify(unknown.slice(0, 100))}. Its fields are ${FIELDS.join(", ")}.`,
    );
  const [file, ...others] = form.getAll("attachment");
  if (file === undefined) throw refuse(400, "Attachment missing: the form has no field 'attachment' with the file.");
  if (others.length > 0) throw refuse(400, "The form has several fields 'attachment'. Send one file.");
  if (typeof file === "string" || file.name === "")
    throw refuse(400, "The field 'attachment' has no file name. Send it as a file: filename=\"a.txt\".");
  return {
    file: { name: file.name, type: file.type, content: new Uint8Array(await file.arrayBuffer()) },
    data: readObject(form, "data") ?? {},
    permissions: readObject(form, "permissions"),
  };
};

const parseForm = async (bytes: Uint8Array, contentType: string): Promise<FormData> => {
  try {
    return await new Response(Buffer.from(bytes), { headers: { "content-type": contentType } }).formData();
  } catch {
    throw refuse(400, "The body is not a form as Content-Type says. Check its boundary and that it is complete.");
  }
};

const readObject = (form: FormData, name: string): JsonObject | undefined => {
  const [text, ...others] = form.getAll(name);
  if (text === undefined) return undefined;
  if (typeof text !== "string" || others.length > 0)
    throw refuse(400, `body: '${name}' must be one field of the form with JSON, not a file.`);
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (error) {
    throw refuse(400, `body: '${name}' is not valid JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw refuse(400, `body: '${name}' must be a JSON object.`);
  return value as JsonObject;
};
