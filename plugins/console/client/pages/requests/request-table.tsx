import { Fragment } from "preact";
import { useState } from "preact/hooks";
import { Badge, Button, type Column, Dialog, Table, Time, type Tone } from "../../components/index.ts";
import { formatBytes, formatDuration, formatTime } from "../../lib/format.ts";
import { formatCostPerMillion, formatUnits, type RequestEntry } from "./requests.ts";

/** The color of a status. */
const toneOf = (status: number): Tone => (status >= 500 ? "bad" : status >= 400 ? "warning" : "good");

const COLUMNS: readonly Column<RequestEntry>[] = [
  { id: "method", label: "Method", render: ({ method }) => <strong class="mono small">{method}</strong> },
  {
    id: "path",
    label: "Path",
    wrap: true,
    render: ({ path }) => <span class="mono small request-path">{path}</span>,
  },
  { id: "status", label: "Status", render: ({ status }) => <Badge tone={toneOf(status)}>{status}</Badge> },
  { id: "ms", label: "Duration", align: "end", render: ({ ms }) => formatDuration(ms) },
  { id: "reads", label: "Read units", align: "end", render: ({ read_units }) => formatUnits(read_units) },
  { id: "writes", label: "Write units", align: "end", render: ({ write_units }) => formatUnits(write_units) },
  { id: "cost", label: "Cost / million", align: "end", render: ({ cost_usd }) => formatCostPerMillion(cost_usd) },
  { id: "time", label: "Time", render: ({ time }) => <Time at={time} /> },
];

/** Requests, of which each can be opened. */
export const RequestTable = ({ requests }: { readonly requests: readonly RequestEntry[] }) => {
  const [opened, setOpened] = useState<RequestEntry>();
  return (
    <>
      <Table
        label="Requests"
        columns={COLUMNS}
        rows={requests}
        keyOf={({ request_id, time }) => `${request_id} ${time}`}
        onOpen={setOpened}
      />
      {opened !== undefined && <RequestDialog request={opened} onClose={() => setOpened(undefined)} />}
    </>
  );
};

const RequestDialog = ({ request, onClose }: { readonly request: RequestEntry; readonly onClose: () => void }) => {
  const facts = [
    ["Time", formatTime(request.time)],
    ["Status", String(request.status)],
    ["Duration", formatDuration(request.ms)],
    ["Endpoint", request.route ?? "none"],
    ["User", request.user ?? "anonymous"],
    ["Request id", request.request_id],
    ["Calls to the table", String(request.calls)],
    ["Read units", formatUnits(request.read_units)],
    ["Write units", formatUnits(request.write_units)],
    ["Response body", formatBytes(request.bytes)],
    ["Cost of a million in AWS", formatCostPerMillion(request.cost_usd)],
  ] as const;
  return (
    <Dialog
      title={`${request.method} ${request.path}`}
      onClose={onClose}
      actions={<Button onClick={onClose}>Close</Button>}
    >
      <dl class="request-facts">
        {facts.map(([label, value]) => (
          <Fragment key={label}>
            <dt class="muted">{label}</dt>
            <dd>{value}</dd>
          </Fragment>
        ))}
      </dl>
    </Dialog>
  );
};
