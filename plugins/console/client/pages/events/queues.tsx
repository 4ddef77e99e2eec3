import { Button, type Column, Sparkline, Table } from "../../components/index.ts";
import { formatCount, formatDuration } from "../../lib/format.ts";
import { href } from "../../lib/router.ts";
import type { Queue, Samples } from "./events.ts";

interface QueuesProps {
  readonly queues: readonly Queue[];
  readonly samples: ReadonlyMap<string, Samples>;
  readonly onReplay: (queue: string) => void;
}

/** The queues with their depth and age over the time that the page is open. */
export const Queues = ({ queues, samples, onReplay }: QueuesProps) => (
  <Table label="Queues" columns={columnsOf(samples, onReplay)} rows={queues} keyOf={({ name }) => name} />
);

const columnsOf = (samples: QueuesProps["samples"], onReplay: QueuesProps["onReplay"]): readonly Column<Queue>[] => [
  {
    id: "name",
    label: "Queue",
    render: ({ name, ordered, tries }) => (
      <>
        <div class="mono">{name}</div>
        <div class="muted small">
          {[ordered ? "in order" : "", tries === undefined ? "" : `${tries} tries`]
            .filter((note) => note !== "")
            .join(", ")}
        </div>
      </>
    ),
  },
  { id: "waiting", label: "Waiting", align: "end", render: ({ waiting, delayed }) => formatCount(waiting + delayed) },
  { id: "inFlight", label: "In flight", align: "end", render: ({ in_flight }) => formatCount(in_flight) },
  {
    id: "depth",
    label: "Depth, last 5 min",
    render: ({ name, waiting, delayed, in_flight }) => (
      <Sparkline
        values={samples.get(name)?.depths ?? []}
        label={`Messages in ${name}: ${waiting + delayed + in_flight} now`}
      />
    ),
  },
  {
    id: "oldest",
    label: "Oldest",
    align: "end",
    render: ({ oldest_seconds: age }) => (age === null ? "unknown" : age === 0 ? "–" : formatDuration(age * 1000)),
  },
  {
    id: "age",
    label: "Age, last 5 min",
    render: ({ name, oldest_seconds: age }) => (
      <Sparkline
        values={samples.get(name)?.ages ?? []}
        label={`Age of the oldest message in ${name}: ${age === null ? "unknown" : `${age} s`} now`}
      />
    ),
  },
  {
    id: "dead",
    label: "Dead letters",
    align: "end",
    render: ({ name, dead }) =>
      dead === 0 ? "0" : <a href={href(["events", "dead-letters", name])}>{formatCount(dead)}</a>,
  },
  {
    id: "actions",
    label: "Actions",
    render: ({ name, can_replay }) =>
      can_replay && (
        <Button small onClick={() => onReplay(name)}>
          Replay…
        </Button>
      ),
  },
];
