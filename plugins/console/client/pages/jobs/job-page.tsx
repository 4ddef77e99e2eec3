import { useState } from "preact/hooks";
import { Badge, Button, Code, EmptyState, ErrorNote, Load, Page, Time } from "../../components/index.ts";
import { api, pathOf } from "../../lib/api.ts";
import { printExactJson } from "../../lib/exact-json.ts";
import { formatDuration } from "../../lib/format.ts";
import { href } from "../../lib/router.ts";
import { useResource } from "../../lib/use-resource.ts";
import { durationOf, type FullJob, findProgress, hasEnded, type JobEntry, nameOfJob, STATUS_TONES } from "./jobs.ts";

const POLL_MS = 1000;

/** One job with its progress and log. */
export const JobPage = ({ id }: { readonly id: string }) => {
  const [isDone, setDone] = useState(false);
  const [error, setError] = useState<unknown>();
  const job = useResource(
    async (signal) => {
      const found = await api.get<FullJob>(pathOf("jobs", id), signal);
      setDone(hasEnded(found));
      return found;
    },
    [id],
    isDone ? {} : { pollMs: POLL_MS },
  );
  const change = async (method: string, path: string): Promise<void> => {
    setError(undefined);
    try {
      await api.send(method, path);
      job.reload();
    } catch (failure) {
      setError(failure);
    }
  };
  const { value } = job;
  return (
    <Page
      title={value === undefined ? "Job" : nameOfJob(value)}
      crumbs={[{ label: "Jobs", href: href(["jobs"]) }]}
      actions={
        value !== undefined &&
        (hasEnded(value) ? (
          value.status !== "succeeded" && (
            <Button icon="reload" onClick={() => void change("POST", `${pathOf("jobs", id)}/retry`)}>
              Retry
            </Button>
          )
        ) : (
          <Button
            tone="danger"
            disabled={value.cancelling === true}
            onClick={() => void change("DELETE", pathOf("jobs", id))}
          >
            {value.cancelling === true ? "Ending …" : "Cancel"}
          </Button>
        ))
      }
    >
      {error !== undefined && <ErrorNote error={error} />}
      <Load resource={job}>{(found) => <JobDetails job={found} />}</Load>
    </Page>
  );
};

const JobDetails = ({ job }: { readonly job: FullJob }) => {
  const progress = findProgress(job.entries);
  const ms = durationOf(job, Date.now());
  return (
    <>
      <dl class="panel job-facts">
        <dt>Status</dt>
        <dd>
          <Badge tone={STATUS_TONES[job.status]}>{job.status}</Badge>
        </dd>
        <dt>Object</dt>
        <dd class="mono">{job.uri ?? "the store"}</dd>
        <dt>User</dt>
        <dd>{job.user_id ?? "anonymous"}</dd>
        <dt>Created</dt>
        <dd>
          <Time at={job.created} />
        </dd>
        <dt>Duration</dt>
        <dd>
          {ms === undefined ? "not started" : formatDuration(ms)}, attempt {job.attempt}
        </dd>
      </dl>
      {progress !== undefined && (
        <div class="stack-small">
          <label for="progress">{Math.round(progress)} % done</label>
          <progress class="job-progress" id="progress" max={100} value={progress} />
        </div>
      )}
      {typeof job.error === "string" && (
        <div class="note note-bad">
          <strong>It failed</strong>
          <span class="mono">{job.error}</span>
          <span>Look at the log below. A retry continues from the last checkpoint.</span>
        </div>
      )}
      <section class="stack-small" aria-labelledby="log">
        <h2 id="log">Log</h2>
        <Log entries={job.entries} />
      </section>
      {job.result !== undefined && job.result !== null && (
        <div class="stack-small">
          <h2>Result</h2>
          <Code label="Result" text={printExactJson(job.result, 2)} />
        </div>
      )}
      <div class="stack-small">
        <h2>Parameters</h2>
        <Code label="Parameters" text={printExactJson(job.params ?? {}, 2)} />
      </div>
    </>
  );
};

const Log = ({ entries }: { readonly entries: readonly JobEntry[] }) =>
  entries.length === 0 ? (
    <EmptyState title="No entries yet">Plugins note here what a job does.</EmptyState>
  ) : (
    <ol class="panel job-log">
      {entries.map(({ time, ...entry }, index) => (
        <li key={index}>
          <span class="muted small">
            <Time at={time} />
          </span>
          <span class="mono">{printExactJson(entry)}</span>
        </li>
      ))}
    </ol>
  );
