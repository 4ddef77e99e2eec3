import { useState } from "preact/hooks";
import { type Column, EmptyState, Table } from "../../components/index.ts";
import { formatCount, formatDuration } from "../../lib/format.ts";
import { formatCostPerMillion, formatUnits, type RouteTotal } from "./requests.ts";

const COLUMNS: readonly Column<RouteTotal>[] = [
  { id: "method", label: "Method", render: ({ method }) => <strong class="mono small">{method}</strong> },
  {
    id: "endpoint",
    label: "Endpoint",
    wrap: true,
    render: ({ route }) => <span class="mono small request-path">{route ?? "no endpoint"}</span>,
  },
  {
    id: "requests",
    label: "Requests",
    align: "end",
    sortBy: "requests",
    render: ({ requests }) => formatCount(requests),
  },
  { id: "errors", label: "Errors", align: "end", sortBy: "errors", render: ({ errors }) => formatCount(errors) },
  {
    id: "median",
    label: "Median",
    align: "end",
    sortBy: "median_ms",
    render: ({ median_ms }) => formatDuration(median_ms),
  },
  { id: "p95", label: "95 %", align: "end", sortBy: "p95_ms", render: ({ p95_ms }) => formatDuration(p95_ms) },
  { id: "max", label: "Slowest", align: "end", sortBy: "max_ms", render: ({ max_ms }) => formatDuration(max_ms) },
  {
    id: "reads",
    label: "Read units",
    align: "end",
    sortBy: "read_units",
    render: ({ read_units }) => formatUnits(read_units),
  },
  {
    id: "writes",
    label: "Write units",
    align: "end",
    sortBy: "write_units",
    render: ({ write_units }) => formatUnits(write_units),
  },
  {
    id: "cost",
    label: "Cost / million",
    align: "end",
    render: ({ cost_usd, requests }) => formatCostPerMillion(cost_usd / requests),
  },
];

/** What the requests to each endpoint took. */
export const EndpointTable = ({ totals }: { readonly totals: readonly RouteTotal[] }) => {
  const [sort, setSort] = useState("-requests");
  if (totals.length === 0)
    return <EmptyState title="No request in the last hour">Send one, for example on the page Data.</EmptyState>;
  return (
    <Table
      label="Endpoints"
      columns={COLUMNS}
      rows={sortTotals(totals, sort)}
      keyOf={({ method, route }) => `${method} ${route}`}
      sort={sort}
      onSort={setSort}
    />
  );
};

const sortTotals = (totals: readonly RouteTotal[], sort: string): readonly RouteTotal[] => {
  const field = sort.replace(/^-/, "") as keyof RouteTotal;
  const direction = sort.startsWith("-") ? -1 : 1;
  return totals.toSorted((a, b) => direction * (Number(a[field]) - Number(b[field])));
};
