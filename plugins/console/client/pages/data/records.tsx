import { useState } from "preact/hooks";
import { Button, type Column, CopyBlock, EmptyState, Load, Pager, Table, Time, Value } from "../../components/index.ts";
import { api } from "../../lib/api.ts";
import { formatAmount } from "../../lib/format.ts";
import { printRequest } from "../../lib/print-request.ts";
import { href, navigate } from "../../lib/router.ts";
import { serverInfo } from "../../lib/server-info.ts";
import { showToast } from "../../lib/toasts.ts";
import { API_URL } from "../../lib/urls.ts";
import { usePages } from "../../lib/use-pages.ts";
import { chooseFields } from "./columns.ts";
import { FilterBar } from "./filter-bar.tsx";
import { type Filter, parseFilters, printFilters, toParameter } from "./filters.ts";
import { NEW_ID } from "./new-id.ts";
import { type ObjectData, type ObjectRef, toParts, toPath } from "./object-ref.ts";
import { TimeTravel } from "./time-travel.tsx";

interface RecordsProps {
  readonly collection: ObjectRef;
  /** The data of the collection. */
  readonly data: ObjectData;
  readonly query: URLSearchParams;
}

const PAGE_SIZE = 50;

/** The records of a collection as a table: filtered, sorted, page by page, now or at an earlier time. */
export const Records = ({ collection, data, query }: RecordsProps) => {
  const sort = query.get("sort") ?? "";
  const filters = parseFilters(query.get("where") ?? "");
  const [at, setAt] = useState<number | undefined>(undefined);
  const [travels, setTravels] = useState(false);
  const [showsRequest, setShowsRequest] = useState(false);
  const parameters = [
    ...filters.map(toParameter),
    ...(sort === "" ? [] : [["_sort", sort] as const]),
    ...(at === undefined ? [] : [["_at", String(at)] as const]),
  ];
  const search = new URLSearchParams([["_limit", String(PAGE_SIZE)], ...parameters.map((pair) => [...pair])]);
  const path = `${toPath(collection)}/records?${search}`;
  const pages = usePages<ObjectData>(path);

  const go = (changes: { readonly sort?: string; readonly filters?: readonly Filter[] }): void =>
    navigate(
      href(["data", ...toParts(collection)], {
        sort: changes.sort ?? sort,
        where: printFilters(changes.filters ?? filters),
      }),
      { replace: true },
    );
  const linkTo = ({ id }: ObjectData): string => href(["data", ...toParts(collection), "records", id]);
  const columnsOf = (rows: readonly ObjectData[]): readonly Column<ObjectData>[] => [
    { id: "id", label: "Id", sortBy: "id", render: (record) => <a href={linkTo(record)}>{record.id}</a> },
    ...chooseFields(data, rows).map(
      (field): Column<ObjectData> => ({
        id: `field ${field}`,
        label: field,
        sortBy: field,
        render: (record) => <Value value={Object.hasOwn(record, field) ? record[field] : undefined} />,
        ...(rows.every((row) => row[field] === undefined || typeof row[field] === "number") && { align: "end" }),
      }),
    ),
    {
      id: "changed",
      label: "Changed",
      sortBy: "last_modified",
      render: ({ last_modified }) => <Time at={last_modified} />,
    },
  ];
  const hasHistory = "history" in (serverInfo.value?.capabilities ?? {});
  return (
    <div class="stack records">
      <div class="row row-spread records-bar">
        <FilterBar
          filters={filters}
          fields={[...chooseFields(data, pages.value?.rows ?? []), "id", "last_modified"]}
          onChange={(changed) => go({ filters: changed })}
          sort={sort}
          onSort={(changed) => go({ sort: changed })}
        />
        <div class="row">
          <CountButton
            path={`${toPath(collection)}/records?${new URLSearchParams(parameters.map((pair) => [...pair]))}`}
          />
          {hasHistory && (
            <Button small icon="history" expanded={travels} onClick={() => setTravels(!travels)}>
              Time travel
            </Button>
          )}
          <Button small icon="copy" expanded={showsRequest} onClick={() => setShowsRequest(!showsRequest)}>
            Request
          </Button>
          <Button small icon="reload" label="Load the records again" onClick={pages.reload} />
        </div>
      </div>
      {travels && <TimeTravel collection={collection} at={at} onTravel={setAt} onClose={() => setTravels(false)} />}
      {showsRequest && <CopyBlock label="Request" tabs={printRequest({ method: "GET", url: API_URL, path })} />}
      <Load resource={pages}>
        {({ rows, next }) => (
          <>
            {rows.length > 0 && (
              <Table
                label={`Records of ${collection.id}`}
                columns={columnsOf(rows)}
                rows={rows}
                keyOf={({ id }) => id}
                onOpen={(record) => navigate(linkTo(record))}
                sort={sort}
                onSort={(changed) => go({ sort: changed })}
              />
            )}
            {rows.length === 0 && (
              <div class="panel">
                <NoRecords
                  collection={collection}
                  isFiltered={filters.length > 0}
                  hasMore={next !== undefined}
                  at={at}
                />
              </div>
            )}
            <Pager pages={pages} />
          </>
        )}
      </Load>
    </div>
  );
};

interface NoRecordsProps {
  readonly collection: ObjectRef;
  readonly isFiltered: boolean;
  readonly hasMore: boolean;
  readonly at: number | undefined;
}

const NoRecords = ({ collection, isFiltered, hasMore, at }: NoRecordsProps) => {
  if (hasMore)
    return (
      <EmptyState title="No match so far">
        <p>The store has looked through a part of the list. Go on with Next.</p>
      </EmptyState>
    );
  if (isFiltered)
    return (
      <EmptyState title="No record matches">
        <p>Remove a filter to see more.</p>
      </EmptyState>
    );
  return (
    <EmptyState title={at === undefined ? "There are no records" : "There were no records"}>
      {at === undefined && (
        <>
          <p>Create the first one here, or send it to the API.</p>
          <p>
            <Button icon="add" href={href(["data", ...toParts(collection), "records", NEW_ID])}>
              New record
            </Button>
          </p>
        </>
      )}
    </EmptyState>
  );
};

/** Counts the records when it is asked to: the store reads them all for it. */
const CountButton = ({ path }: { readonly path: string }) => {
  const [counted, setCounted] = useState<{ readonly path: string; readonly text: string } | undefined>(undefined);
  const count = async (): Promise<void> => {
    try {
      const { headers } = await api.request("HEAD", path);
      const total = headers.get("Total-Objects");
      setCounted({ path, text: total === null ? "Too many to count" : formatAmount(Number(total), "record") });
    } catch (error) {
      showToast(error instanceof Error ? error.message : String(error), { tone: "error" });
    }
  };
  if (counted?.path === path) return <span class="muted small">{counted.text}</span>;
  return (
    <Button small tone="quiet" onClick={() => void count()}>
      Count
    </Button>
  );
};
