import { useState } from "preact/hooks";
import { Button, Dialog, ErrorNote, Field } from "../../components/index.ts";
import { api } from "../../lib/api.ts";
import { href } from "../../lib/router.ts";
import { useResource } from "../../lib/use-resource.ts";

interface Job {
  readonly status: string;
  readonly result?: { readonly sent?: number; readonly checked?: number };
  readonly error?: string;
  readonly entries?: readonly { readonly sent?: number; readonly checked?: number }[];
}

interface ReplayDialogProps {
  readonly listener: string;
  readonly onClose: () => void;
}

/** Starts a replay, and shows how far it is. */
export const ReplayDialog = ({ listener, onClose }: ReplayDialogProps) => {
  const [prefix, setPrefix] = useState("/");
  const [since, setSince] = useState("");
  const [error, setError] = useState<unknown>();
  const [job, setJob] = useState<string>();
  const start = async () => {
    setError(undefined);
    const time = Date.parse(since);
    const params = { listener, prefix, ...(!Number.isNaN(time) && { since: time }) };
    try {
      const { job_id: id } = await api.send<{ readonly job_id: string }>("POST", "/actions/replay", params);
      setJob(id);
    } catch (thrown) {
      setError(thrown);
    }
  };
  const actions =
    job === undefined ? (
      <>
        <Button onClick={onClose}>Cancel</Button>
        <Button tone="primary" onClick={() => void start()}>
          Start the replay
        </Button>
      </>
    ) : (
      <Button onClick={onClose}>Close</Button>
    );
  return (
    <Dialog title={`Replay to ${listener}`} onClose={onClose} actions={actions}>
      <p>
        Sends existing objects to the listener as if they were created now, for example after it was repaired or added.
        It runs as a job.
      </p>
      {job === undefined ? (
        <>
          <Field label="URI starts with" help="/ for all objects that the listener receives.">
            {(control) => (
              <input {...control} value={prefix} onInput={({ currentTarget: { value } }) => setPrefix(value)} />
            )}
          </Field>
          <Field label="Changed since" help="All objects if empty.">
            {(control) => (
              <input
                {...control}
                type="datetime-local"
                value={since}
                onInput={({ currentTarget: { value } }) => setSince(value)}
              />
            )}
          </Field>
          {error !== undefined && <ErrorNote error={error} />}
        </>
      ) : (
        <Progress job={job} />
      )}
    </Dialog>
  );
};

const ENDED = ["succeeded", "failed", "cancelled"];

const Progress = ({ job }: { readonly job: string }) => {
  const [isEnded, setEnded] = useState(false);
  const { value, error } = useResource(
    async (signal) => {
      const found = await api.get<Job>(`/jobs/${job}`, signal);
      setEnded(ENDED.includes(found.status));
      return found;
    },
    [job],
    isEnded ? {} : { pollMs: 1000 },
  );
  const { sent = 0, checked = 0 } = value?.result ?? value?.entries?.at(-1) ?? {};
  return (
    <div role="status">
      {error !== undefined && <ErrorNote error={error} />}
      {value !== undefined && (
        <p>
          <strong>{value.status}</strong>
          {`: ${sent} events sent, ${checked} objects checked. `}
          <a href={href(["jobs", job])}>Show the job</a>
        </p>
      )}
    </div>
  );
};
