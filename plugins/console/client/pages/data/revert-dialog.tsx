import { useState } from "preact/hooks";
import { Button, Dialog, ErrorNote, Spinner } from "../../components/index.ts";
import { formatAmount, formatTime } from "../../lib/format.ts";
import { showToast } from "../../lib/toasts.ts";
import { useResource } from "../../lib/use-resource.ts";
import { type ObjectRef, toPath } from "./object-ref.ts";
import { type RevertReport, revert } from "./revert.ts";

interface RevertDialogProps {
  readonly object: ObjectRef;
  /** Epoch ms. */
  readonly at: number;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

const describeReport = ({ created, updated, deleted, skipped }: RevertReport): string => {
  const parts = [
    created > 0 ? `${formatAmount(created, "object")} created again` : "",
    updated > 0 ? `${formatAmount(updated, "object")} changed` : "",
    deleted > 0 ? `${formatAmount(deleted, "object")} deleted` : "",
    skipped > 0 ? `${formatAmount(skipped, "object")} left as they are` : "",
  ].filter((part) => part !== "");
  return parts.length === 0 ? "nothing to change" : parts.join(", ");
};

const MAX_LISTED = 20;

/** Sets an object and what is in it back, after it has shown what this changes. */
export const RevertDialog = ({ object, at, onClose, onDone }: RevertDialogProps) => {
  const plan = useResource(() => revert(object, at, true), [toPath(object), at]);
  const [error, setError] = useState<unknown>(undefined);
  const [isBusy, setBusy] = useState(false);
  const run = async (): Promise<void> => {
    setBusy(true);
    setError(undefined);
    try {
      const report = await revert(object, at, false);
      showToast(`Set back: ${describeReport(report)}.`);
      onDone();
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  const { value } = plan;
  const changes = value === undefined ? 0 : value.created + value.updated + value.deleted;
  return (
    <Dialog
      title={`Set the ${object.kind} ${object.id} back?`}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button tone="primary" disabled={changes === 0 || isBusy} onClick={() => void run()}>
            Set back
          </Button>
        </>
      }
    >
      <p>To what it was at {formatTime(at)}.</p>
      {value === undefined && plan.error === undefined && <Spinner label="Looking what would change" />}
      {plan.error !== undefined && <ErrorNote error={plan.error} onRetry={plan.reload} />}
      {value !== undefined && (
        <>
          <p>
            <strong>What changes: </strong>
            {describeReport(value)}.
          </p>
          <ul class="small">
            {value.objects.slice(0, MAX_LISTED).map(({ uri, what, reason }) => (
              <li key={uri}>
                <span class="mono">{uri}</span> <span class="muted">{what ?? reason}</span>
              </li>
            ))}
          </ul>
        </>
      )}
      {error !== undefined && <ErrorNote error={error} />}
    </Dialog>
  );
};
