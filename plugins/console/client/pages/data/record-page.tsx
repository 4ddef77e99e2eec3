import { ErrorNote, type JsonSchema } from "../../components/index.ts";
import { api, pathOf } from "../../lib/api.ts";
import { href, navigate } from "../../lib/router.ts";
import { serverInfo } from "../../lib/server-info.ts";
import { showToast } from "../../lib/toasts.ts";
import { useResource } from "../../lib/use-resource.ts";
import { AttachmentPanel } from "./attachment-panel.tsx";
import { ObjectEditor } from "./object-editor.tsx";
import { type ObjectRef, type StoredObject, toParts } from "./object-ref.ts";

interface RecordPageProps {
  readonly object: ObjectRef;
  readonly stored: StoredObject | undefined;
  readonly onSaved: () => void;
}

/** A record as a form made from its collection's schema. */
export const RecordPage = ({ object, stored, onSaved }: RecordPageProps) => {
  const { bucket, collection = "" } = object;
  const collectionPath = pathOf("buckets", bucket, "collections", collection);
  // Users with whom only the record is shared cannot read the collection, and edit without its schema.
  const { value, error, isLoading } = useResource(
    async (signal) =>
      api.get<StoredObject>(collectionPath, signal).then(
        ({ data }) => ({ schema: data.schema as JsonSchema | undefined }),
        () => ({ schema: undefined }),
      ),
    [collectionPath],
  );
  if (isLoading && value === undefined) return null;
  if (error !== undefined) return <ErrorNote error={error} />;
  const create = async (data: Readonly<Record<string, unknown>>): Promise<void> => {
    const created = await api.send<StoredObject>("POST", `${collectionPath}/records`, { data });
    navigate(href(["data", ...toParts({ ...object, id: created.data.id })]));
    showToast(`The record ${created.data.id} is created.`);
  };
  const hasAttachments = "attachments" in (serverInfo.value?.capabilities ?? {});
  return (
    <div class="stack">
      <ObjectEditor
        object={object}
        stored={stored}
        schema={value?.schema}
        onSaved={onSaved}
        {...(stored === undefined && { onCreate: create })}
      />
      {stored !== undefined && (hasAttachments || stored.data.attachment !== undefined) && (
        <AttachmentPanel object={object} stored={stored} canUpload={hasAttachments} onSaved={onSaved} />
      )}
    </div>
  );
};
