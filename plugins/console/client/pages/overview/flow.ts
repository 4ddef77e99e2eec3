import { describeSource, type Overview } from "./overview.ts";

/** A box of the picture. Positions and sizes are in pixels. */
interface FlowBox {
  readonly id: string;
  readonly title: string;
  readonly text: string;
  /** `store`: a part of Kintoun; `queue`: a queue with its worker; `outside`: what sends to it or gets its results. */
  readonly kind: "store" | "queue" | "outside";
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

interface FlowLine {
  readonly id: string;
  /** The data of an SVG path. */
  readonly path: string;
}

export interface Flow {
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly FlowBox[];
  readonly lines: readonly FlowLine[];
}

export const BOX_HEIGHT = 48;
/** From left to right: requests, api, table, dispatch, queues, publishers. Names of queues are the longest. */
const COLUMN_WIDTHS = [92, 132, 124, 108, 196, 168] as const;
const GAP = 28;
const ROW_HEIGHT = BOX_HEIGHT + 16;
const MARGIN = 8;

type Place = readonly [column: number, row: number];

/** Lays out the way from a request to the listeners that get its event, from left to right. */
export const layoutFlow = ({ plugins, queues }: Pick<Overview, "plugins" | "queues">): Flow => {
  const boxes: FlowBox[] = [];
  const lines: FlowLine[] = [];
  const add = (kind: FlowBox["kind"], id: string, [column, row]: Place, title: string, text: string): FlowBox => {
    const width = COLUMN_WIDTHS[column] ?? 0;
    const x = MARGIN + COLUMN_WIDTHS.slice(0, column).reduce((sum, one) => sum + one + GAP, 0);
    const box = { id, title, text, kind, x, y: MARGIN + row * ROW_HEIGHT, width };
    boxes.push(box);
    return box;
  };
  const connect = (from: FlowBox, to: FlowBox): void => {
    lines.push({ id: `${from.id} ${to.id}`, path: curve(from, to) });
  };

  const middle = Math.max(0, (queues.length - 1) / 2);
  const hooks = plugins.flatMap(({ parts }) => parts.filter(({ kind }) => kind.startsWith("hook "))).length;
  const request = add("outside", "request", [0, middle], "Request", "HTTP");
  const api = add("store", "api", [1, middle], "api", hooks === 0 ? "checks permissions" : `${hooks} hooks of plugins`);
  const table = add("store", "table", [2, middle], "Table", "commits, streams");
  const dispatch = add("store", "dispatch", [3, middle], "dispatch", "filters events");
  connect(request, api);
  connect(api, table);
  connect(table, dispatch);

  const targets = new Map<string, FlowBox>();
  const senders = queues.some(({ kind }) => kind === "inbound")
    ? add("outside", "senders", [3, Math.max(middle + 1, queues.length - 1)], "Other senders", "buses and queues")
    : undefined;
  for (const [row, queue] of queues.entries()) {
    const box = add("queue", `queue ${queue.name}`, [4, row], queue.name, describeSource(queue));
    connect(queue.kind === "inbound" && senders !== undefined ? senders : dispatch, box);
    for (const name of queue.publishers) {
      const target =
        targets.get(name) ?? add("outside", `target ${name}`, [5, targets.size], name, "publishes results");
      targets.set(name, target);
      connect(box, target);
    }
  }
  return {
    width: MARGIN + Math.max(...boxes.map((box) => box.x + box.width)),
    height: 2 * MARGIN + Math.max(...boxes.map(({ y }) => y - MARGIN)) + BOX_HEIGHT,
    boxes,
    lines,
  };
};

/** From the right side of a box to the left side of another. */
const curve = (from: FlowBox, to: FlowBox): string => {
  const [x1, y1] = [from.x + from.width, from.y + BOX_HEIGHT / 2];
  const [x2, y2] = [to.x, to.y + BOX_HEIGHT / 2];
  const bend = (x2 - x1) / 2;
  return `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
};
