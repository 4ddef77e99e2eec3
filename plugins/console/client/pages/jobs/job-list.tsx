import { Badge, type Column, EmptyState, Field, Load, Pager, Table, Time } from "../../components/index.ts";
import { formatDuration } from "../../lib/format.ts";
import { href, navigate } from "../../lib/router.ts";
import { usePages } from "../../lib/use-pages.ts";
import { durationOf, type Job, jobsPath, nameOfJob, STATUS_TONES } from "./jobs.ts";

const POLL_MS = 3000;

const COLUMNS: readonly Column<Job>[] = [
  { id: "status", label: "Status", render: ({ status }) => <Badge tone={STATUS_TONES[status]}>{status}</Badge> },
  {
    id: "name",
    label: "Job",
    render: (job) => (
      <a class="mono" href={href(["jobs", job.id])}>
        {nameOfJob(job)}
      </a>
    ),
  },
  { id: "uri", label: "Object", wrap: true, render: ({ uri }) => <span class="mono">{uri ?? "the store"}</span> },
  { id: "user", label: "User", render: ({ user_id }) => user_id ?? "anonymous" },
  { id: "created", label: "Created", render: ({ created }) => <Time at={created} /> },
  {
    id: "duration",
    label: "Duration",
    align: "end",
    render: (job) => {
      const ms = durationOf(job, Date.now());
      return ms === undefined ? "" : formatDuration(ms);
    },
  },
  { id: "error", label: "Error", wrap: true, render: ({ error }) => error ?? "" },
];

interface JobListProps {
  readonly status: string;
  readonly plugin: string;
  readonly plugins: readonly string[];
  /** Who may see the jobs of all users. */
  readonly readers: readonly string[];
}

/** The jobs, newest first. */
export const JobList = ({ status, plugin, plugins, readers }: JobListProps) => {
  const pages = usePages<Job>(jobsPath({ status, plugin }), { pollMs: POLL_MS });
  const filter = (change: { readonly status?: string; readonly plugin?: string }): void =>
    navigate(href(["jobs"], { status, plugin, ...change }), { replace: true });
  return (
    <>
      <div class="row">
        <Field label="Status">
          {(attributes) => (
            <select {...attributes} value={status} onChange={(event) => filter({ status: event.currentTarget.value })}>
              <option value="">all</option>
              {Object.keys(STATUS_TONES).map((one) => (
                <option key={one}>{one}</option>
              ))}
            </select>
          )}
        </Field>
        <Field label="Plugin">
          {(attributes) => (
            <select {...attributes} value={plugin} onChange={(event) => filter({ plugin: event.currentTarget.value })}>
              <option value="">all</option>
              {plugins.map((one) => (
                <option key={one}>{one}</option>
              ))}
            </select>
          )}
        </Field>
      </div>
      {readers.length === 0 && (
        <p class="muted small">
          You see only your own jobs: no one is in the setting <code>jobsReadPrincipals</code> or{" "}
          <code>jobsWritePrincipals</code>. Add administrators there to see and retry the jobs of all users and
          schedules.
        </p>
      )}
      <Load resource={pages}>
        {({ rows }) =>
          rows.length === 0 ? (
            <EmptyState title="No jobs">Start an action, or change the filters.</EmptyState>
          ) : (
            <Table
              label="Jobs"
              columns={COLUMNS}
              rows={rows}
              keyOf={({ id }) => id}
              onOpen={({ id }) => navigate(href(["jobs", id]))}
            />
          )
        }
      </Load>
      <Pager pages={pages} />
    </>
  );
};
