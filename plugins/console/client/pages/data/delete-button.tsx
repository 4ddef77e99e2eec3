import { useState } from "preact/hooks";
import { Button, Dialog, ErrorNote } from "../../components/index.ts";
import { api } from "../../lib/api.ts";
import { href, navigate } from "../../lib/router.ts";
import { serverInfo } from "../../lib/server-info.ts";
import { showToast } from "../../lib/toasts.ts";
import { type ObjectRef, type StoredObject, toParent, toParts, toPath } from "./object-ref.ts";
import { createAgain } from "./restore.ts";

interface DeleteButtonProps {
  readonly object: ObjectRef;
  readonly stored: StoredObject | undefined;
}

/** Deletes an object after a question. What is deleted alone can be created again from the message that follows. */
export const DeleteButton = ({ object, stored }: DeleteButtonProps) => {
  const [isOpen, setOpen] = useState(false);
  const [error, setError] = useState<unknown>(undefined);
  const { kind, id } = object;
  const hasContent = kind === "bucket" || kind === "collection";
  const hasHistory = "history" in (serverInfo.value?.capabilities ?? {});
  if (stored === undefined) return null;
  const remove = async (): Promise<void> => {
    setError(undefined);
    try {
      await api.send("DELETE", toPath(object), undefined, { "If-Match": `"${stored.data.last_modified}"` });
      const parent = toParent(object);
      const there = href(["data", ...(parent === undefined ? [] : toParts(parent))]);
      navigate(there);
      showToast(
        `The ${kind} ${id} is deleted.`,
        hasContent
          ? {}
          : {
              action: {
                label: "Undo",
                run: () => void createAgain(object, stored, href(["data", ...toParts(object)])),
              },
            },
      );
    } catch (failure) {
      setError(failure);
    }
  };
  return (
    <>
      <Button icon="trash" tone="danger" onClick={() => setOpen(true)}>
        Delete
      </Button>
      {isOpen && (
        <Dialog
          title={`Delete the ${kind} ${id}?`}
          onClose={() => setOpen(false)}
          actions={
            <>
              <Button onClick={() => setOpen(false)}>Keep it</Button>
              <Button tone="danger" onClick={() => void remove()}>
                Delete
              </Button>
            </>
          }
        >
          <p>
            {kind === "bucket" && "Its collections, groups and records are deleted too. This cannot be taken back."}
            {kind === "collection" &&
              (hasHistory
                ? "Its records are deleted too. The history of the bucket can set them back."
                : "Its records are deleted too. This cannot be taken back, since the store keeps no history.")}
            {!hasContent && "You can take it back right afterwards."}
          </p>
          {error !== undefined && <ErrorNote error={error} />}
        </Dialog>
      )}
    </>
  );
};
