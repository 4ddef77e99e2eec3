import { useState } from "preact/hooks";
import { Button, Dialog, ErrorNote, Field } from "../../components/index.ts";
import { api, pathOf } from "../../lib/api.ts";
import { href, navigate } from "../../lib/router.ts";
import { type Kind, type ObjectRef, toParts, toPath } from "./object-ref.ts";

interface CreateDialogProps {
  readonly kind: Exclude<Kind, "record">;
  /** Absent for buckets. */
  readonly parent?: ObjectRef;
  readonly onClose: () => void;
}

/** Creates an empty object, and goes to it. */
export const CreateDialog = ({ kind, parent, onClose }: CreateDialogProps) => {
  const [id, setId] = useState("");
  const [error, setError] = useState<unknown>(undefined);
  const [isBusy, setBusy] = useState(false);
  const create = async (): Promise<void> => {
    setBusy(true);
    try {
      const list = `${parent === undefined ? "" : toPath(parent)}/${kind}s`;
      const data = kind === "group" ? { members: [] } : {};
      await api.send("PUT", `${list}${pathOf(id)}`, { data }, { "If-None-Match": "*" });
      navigate(href(["data", ...toParts({ kind, id, bucket: parent?.bucket ?? id })]));
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  return (
    <Dialog title={`New ${kind}`} onClose={onClose}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void create();
        }}
      >
        <Field label="Id" help="Letters, digits, dashes and underscores. It cannot be changed later.">
          {(attributes) => (
            <input
              {...attributes}
              required
              pattern="[a-zA-Z0-9][a-zA-Z0-9_\-]*"
              autocapitalize="off"
              autocomplete="off"
              spellcheck={false}
              value={id}
              onInput={(event) => setId(event.currentTarget.value)}
            />
          )}
        </Field>
        {error !== undefined && <ErrorNote error={error} />}
        <div class="dialog-actions">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" tone="primary" disabled={isBusy}>
            Create
          </Button>
        </div>
      </form>
    </Dialog>
  );
};
