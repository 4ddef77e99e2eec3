import type { ComponentChildren } from "preact";
import { useRef, useState } from "preact/hooks";
import { Icon } from "./icon.tsx";

export interface Column<Row> {
  readonly id: string;
  readonly label: string;
  readonly render: (row: Row) => ComponentChildren;
  /** Numbers are at the end of their column. */
  readonly align?: "end";
  /** Long texts are shown whole. */
  readonly wrap?: boolean;
  /** The field that a click on the header sorts by. */
  readonly sortBy?: string;
}

interface TableProps<Row> {
  /** What the rows are, for screen readers. */
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
  /** Called for a click on a row, and Enter. */
  readonly onOpen?: (row: Row) => void;
  /** The present order: a field, or `-` and a field. */
  readonly sort?: string;
  readonly onSort?: (sort: string) => void;
}

/** Rows and columns. Arrow keys move between rows that can be opened. */
export const Table = <Row,>({ label, columns, rows, keyOf, onOpen, sort = "", onSort }: TableProps<Row>) => {
  const body = useRef<HTMLTableSectionElement>(null);
  const [active, setActive] = useState(0);
  const focus = (index: number): void => {
    const to = Math.max(0, Math.min(rows.length - 1, index));
    setActive(to);
    body.current?.rows[to]?.focus();
  };
  const onKeyDown = (event: KeyboardEvent, row: Row, index: number): void => {
    if (event.target !== event.currentTarget) return;
    const moves: Readonly<Record<string, number>> = {
      ArrowDown: index + 1,
      ArrowUp: index - 1,
      Home: 0,
      End: rows.length - 1,
    };
    const to = moves[event.key];
    if (to !== undefined) focus(to);
    else if (event.key === "Enter") onOpen?.(row);
    else return;
    event.preventDefault();
  };
  const current = Math.min(active, rows.length - 1);
  return (
    <div class="table-frame">
      <table class="table">
        <caption class="hidden">{label}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <HeaderCell key={column.id} column={column} sort={sort} onSort={onSort} />
            ))}
          </tr>
        </thead>
        <tbody ref={body}>
          {rows.map((row, index) => (
            <tr
              key={keyOf(row)}
              class={onOpen === undefined ? undefined : "row-open"}
              tabIndex={onOpen === undefined ? undefined : index === current ? 0 : -1}
              onFocus={onOpen === undefined ? undefined : () => setActive(index)}
              onKeyDown={onOpen === undefined ? undefined : (event) => onKeyDown(event, row, index)}
              onClick={onOpen === undefined ? undefined : (event) => isPlainClick(event) && onOpen(row)}
            >
              {columns.map(({ id, align, wrap, render }) => (
                <td key={id} class={[align ?? "", wrap ? "wrap" : ""].join(" ").trim() || undefined}>
                  {render(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
};

/** Whether a click is on a row itself: not on a control in it, and not the end of selecting text. */
const isPlainClick = (event: MouseEvent): boolean =>
  event.target instanceof Element &&
  event.target.closest("a, button, input, select, label, summary") === null &&
  (getSelection()?.toString() ?? "") === "";

interface HeaderCellProps<Row> {
  readonly column: Column<Row>;
  readonly sort: string;
  readonly onSort: ((sort: string) => void) | undefined;
}

const HeaderCell = <Row,>({ column: { label, align, sortBy }, sort, onSort }: HeaderCellProps<Row>) => {
  if (sortBy === undefined || onSort === undefined)
    return (
      <th scope="col" class={align}>
        {label}
      </th>
    );
  const order = sort === sortBy ? "ascending" : sort === `-${sortBy}` ? "descending" : "none";
  return (
    <th scope="col" class={align} aria-sort={order}>
      <button type="button" class="sort" onClick={() => onSort(order === "ascending" ? `-${sortBy}` : sortBy)}>
        {label}
        {order !== "none" && <Icon name={order === "ascending" ? "up" : "down"} />}
      </button>
    </th>
  );
};
