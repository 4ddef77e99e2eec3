import { type Column, EmptyState, Load, Pager, Table, Time, Value } from "../../components/index.ts";
import { formatAmount } from "../../lib/format.ts";
import { href, navigate } from "../../lib/router.ts";
import { usePages } from "../../lib/use-pages.ts";
import { type ObjectData, type ObjectRef, toParts, toPath } from "./object-ref.ts";

type ListedKind = "bucket" | "collection" | "group";

interface ChildListProps {
  readonly kind: ListedKind;
  /** Absent for buckets. */
  readonly parent?: ObjectRef;
}

const PAGE_SIZE = 50;
const EMPTY_TEXTS: Readonly<Record<ListedKind, string>> = {
  bucket: "A bucket holds collections and groups. You see the buckets that your user may read. Create one to begin.",
  collection: "A collection holds records. Create one to add records.",
  group:
    "A group is a list of users, to which permissions can be granted. Create one to share data with several users.",
};
/** What each kind shows besides its id. */
const describeContent = (kind: ListedKind, data: ObjectData): string => {
  if (kind === "group") return Array.isArray(data.members) ? formatAmount(data.members.length, "member") : "";
  if (kind === "collection" && data.schema !== undefined) return "with a schema";
  return "";
};

/** The buckets, or the collections or groups of a bucket. */
export const ChildList = ({ kind, parent }: ChildListProps) => {
  const pages = usePages<ObjectData>(`${parent === undefined ? "" : toPath(parent)}/${kind}s?_limit=${PAGE_SIZE}`);
  const toRef = ({ id }: ObjectData): ObjectRef => ({ kind, id, bucket: parent?.bucket ?? id });
  const linkTo = (data: ObjectData): string => href(["data", ...toParts(toRef(data))]);
  const columns: readonly Column<ObjectData>[] = [
    { id: "id", label: "Id", render: (data) => <a href={linkTo(data)}>{data.id}</a> },
    {
      id: "title",
      label: "Title",
      render: (data) => <Value value={data.title ?? data.name} />,
    },
    { id: "content", label: "Content", render: (data) => <span class="muted">{describeContent(kind, data)}</span> },
    { id: "changed", label: "Changed", render: ({ last_modified }) => <Time at={last_modified} /> },
  ];
  const shown = (rows: readonly ObjectData[]): readonly Column<ObjectData>[] =>
    columns.filter(({ id }) => {
      if (id === "title") return rows.some(({ title, name }) => (title ?? name) !== undefined);
      return id !== "content" || rows.some((row) => describeContent(kind, row) !== "");
    });
  return (
    <Load resource={pages}>
      {({ rows, next }) => (
        <>
          {rows.length === 0 ? (
            next === undefined && (
              <div class="panel">
                <EmptyState title={`There are no ${kind}s`}>
                  <p>{EMPTY_TEXTS[kind]}</p>
                </EmptyState>
              </div>
            )
          ) : (
            <Table
              label={`${kind}s`}
              columns={shown(rows)}
              rows={rows}
              keyOf={({ id }) => id}
              onOpen={(data) => navigate(linkTo(data))}
            />
          )}
          <Pager pages={pages} />
        </>
      )}
    </Load>
  );
};
