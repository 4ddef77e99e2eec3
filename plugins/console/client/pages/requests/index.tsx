import { useState } from "preact/hooks";
import { Button, EmptyState, Load, Page, Tabs } from "../../components/index.ts";
import { api } from "../../lib/api.ts";
import { formatCount, formatDuration } from "../../lib/format.ts";
import { href, navigate } from "../../lib/router.ts";
import { useResource } from "../../lib/use-resource.ts";
import type { PageProps } from "../index.ts";
import { EndpointTable } from "./endpoint-table.tsx";
import { RequestTable } from "./request-table.tsx";
import "./requests.css";
import {
  formatCost,
  formatUnits,
  type RequestEntry,
  type RouteTotal,
  requestsPath,
  sumTotals,
  type View,
} from "./requests.ts";

const POLL_MS = 2000;
/** Requests that are shown first, and that each click adds. */
const PAGE_SIZE = 100;
/** Maximum of the endpoint. */
const MAX_SHOWN = 500;

const TABS: readonly { readonly id: View; readonly label: string }[] = [
  { id: "latest", label: "Latest" },
  { id: "slowest", label: "Slowest" },
  { id: "errors", label: "Errors" },
  { id: "endpoints", label: "By endpoint" },
];

/** The requests of the last hour, with what they took and cost. */
const RequestsPage = ({ parts: [part] }: PageProps) => {
  const view = TABS.find(({ id }) => id === part)?.id ?? "latest";
  const [isPaused, setPaused] = useState(false);
  const polling = isPaused ? {} : { pollMs: POLL_MS };
  const totals = useResource(
    (signal) => api.get<{ readonly data: readonly RouteTotal[] }>("/__operations__/request-totals", signal),
    [],
    polling,
  );
  return (
    <Page
      title="Requests"
      actions={
        <Button pressed={isPaused} onClick={() => setPaused(!isPaused)}>
          {isPaused ? "Resume" : "Pause"}
        </Button>
      }
    >
      <Load resource={totals}>{({ data }) => <Tiles totals={data} />}</Load>
      <Tabs label="Requests" tabs={TABS} active={view} onSelect={(id) => navigate(href(["requests", id]))}>
        {view === "endpoints" ? (
          totals.value && <EndpointTable totals={totals.value.data} />
        ) : (
          <Requests key={view} view={view} polling={polling} />
        )}
      </Tabs>
    </Page>
  );
};

/** What all requests of the last hour took. */
const Tiles = ({ totals }: { readonly totals: readonly RouteTotal[] }) => {
  const { requests, errors, slowest, readUnits, writeUnits, cost } = sumTotals(totals);
  const tiles = [
    ["Requests, last hour", formatCount(requests)],
    ["Errors", requests === 0 ? "0" : `${formatCount(errors)} (${Math.round((100 * errors) / requests)} %)`],
    ["Slowest", formatDuration(slowest)],
    ["Read units", formatUnits(readUnits)],
    ["Write units", formatUnits(writeUnits)],
    ["Cost in AWS", formatCost(cost)],
  ] as const;
  return (
    <dl class="tiles">
      {tiles.map(([label, value]) => (
        <div key={label} class="panel">
          <dt class="muted small">{label}</dt>
          <dd class="tile-value number">{value}</dd>
        </div>
      ))}
    </dl>
  );
};

interface RequestsProps {
  readonly view: Exclude<View, "endpoints">;
  readonly polling: { readonly pollMs?: number };
}

const EMPTY = {
  latest: [
    "No request in the last hour",
    "Send one, for example on the page Data. Requests of this console's own views are left out.",
  ],
  slowest: ["No request in the last hour", "Send one, for example on the page Data."],
  errors: ["No errors in the last hour", "Responses with a status of 400 and more appear here."],
} as const;

const Requests = ({ view, polling }: RequestsProps) => {
  const [limit, setLimit] = useState(PAGE_SIZE);
  const path = requestsPath(view, limit);
  const resource = useResource(
    (signal) => api.get<{ readonly data: readonly RequestEntry[] }>(path, signal),
    [path],
    polling,
  );
  const [title, text] = EMPTY[view];
  return (
    <Load resource={resource}>
      {({ data }) =>
        data.length === 0 ? (
          <EmptyState title={title}>{text}</EmptyState>
        ) : (
          <>
            <RequestTable requests={data} />
            {data.length === limit && limit < MAX_SHOWN && (
              <div>
                <Button onClick={() => setLimit(Math.min(MAX_SHOWN, limit + PAGE_SIZE))}>Show more</Button>
              </div>
            )}
          </>
        )
      }
    </Load>
  );
};

export default RequestsPage;
