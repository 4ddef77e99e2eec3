import { useState } from "preact/hooks";
import { Button, ErrorNote } from "../../components/index.ts";
import { api } from "../../lib/api.ts";
import { formatBytes } from "../../lib/format.ts";
import { showToast } from "../../lib/toasts.ts";
import { API_URL } from "../../lib/urls.ts";
import { type ObjectRef, type StoredObject, toPath } from "./object-ref.ts";

interface Attachment {
  readonly filename?: unknown;
  readonly location?: unknown;
  readonly mimetype?: unknown;
  readonly size?: unknown;
}

interface AttachmentPanelProps {
  readonly object: ObjectRef;
  readonly stored: StoredObject;
  readonly canUpload: boolean;
  readonly onSaved: () => void;
}

/** The file of a record. */
export const AttachmentPanel = ({ object, stored, canUpload, onSaved }: AttachmentPanelProps) => {
  const [error, setError] = useState<unknown>(undefined);
  const [isBusy, setBusy] = useState(false);
  const attachment = stored.data.attachment as Attachment | null | undefined;
  const send = async (method: "POST" | "DELETE", form?: FormData): Promise<void> => {
    setBusy(true);
    setError(undefined);
    try {
      await api.send(method, `${toPath(object)}/attachment`, form, { "If-Match": `"${stored.data.last_modified}"` });
      showToast(method === "POST" ? "The file is attached." : "The file is removed.");
      onSaved();
    } catch (failure) {
      setError(failure);
    }
    setBusy(false);
  };
  const upload = (file: File | undefined): void => {
    if (file === undefined) return;
    const form = new FormData();
    form.set("attachment", file);
    void send("POST", form);
  };
  const link = toLink(attachment?.location);
  return (
    <section class="panel stack-small editor-page" aria-labelledby="attachment">
      <h2 id="attachment">Attachment</h2>
      {attachment == null ? (
        <p class="muted">The record has no file.</p>
      ) : (
        <div class="row">
          {link === undefined ? (
            <span>{String(attachment.filename)}</span>
          ) : (
            <a href={link} target="_blank" rel="noopener noreferrer">
              {String(attachment.filename)}
            </a>
          )}
          <span class="muted">
            {String(attachment.mimetype)}
            {typeof attachment.size === "number" && `, ${formatBytes(attachment.size)}`}
          </span>
          {canUpload && (
            <Button small tone="danger" icon="trash" disabled={isBusy} onClick={() => void send("DELETE")}>
              Remove
            </Button>
          )}
        </div>
      )}
      {canUpload && (
        <label class="field">
          <span class="field-label">{attachment == null ? "Attach a file" : "Replace the file"}</span>
          <input type="file" disabled={isBusy} onChange={(event) => upload(event.currentTarget.files?.[0])} />
        </label>
      )}
      {error !== undefined && <ErrorNote error={error} />}
    </section>
  );
};

/** Only to pages and files of the web: records may have any text. */
const toLink = (location: unknown): string | undefined => {
  if (typeof location !== "string" || !URL.canParse(location, API_URL)) return undefined;
  const url = new URL(location, API_URL);
  return url.protocol === "http:" || url.protocol === "https:" ? url.href : undefined;
};
