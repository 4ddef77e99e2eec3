import { useEffect, useState } from "preact/hooks";
import { Button, ErrorNote, Page, Spinner, Tabs } from "../../components/index.ts";
import { api } from "../../lib/api.ts";
import { href, navigate } from "../../lib/router.ts";
import { useResource } from "../../lib/use-resource.ts";
import type { PageProps } from "../index.ts";
import { Changes } from "./changes.tsx";
import { DeadLetterQueues } from "./dead-letter-queues.tsx";
import "./events.css";
import { addSamples, type Queue, type Samples } from "./events.ts";
import { Queues } from "./queues.tsx";
import { ReplayDialog } from "./replay-dialog.tsx";

const POLL_MS = 2000;

/** Changes and what became of them, dead letters, and queues. */
const EventsPage = ({ parts: [tab = "changes", queue] }: PageProps) => {
  const [isPaused, setPaused] = useState(false);
  const [samples, setSamples] = useState<ReadonlyMap<string, Samples>>(new Map());
  const [replayed, setReplayed] = useState<string>();
  const pollMs = isPaused ? undefined : POLL_MS;
  const { value, error, isSlow, reload } = useResource(
    (signal) => api.get<{ readonly data: readonly Queue[] }>("/__operations__/queues", signal),
    [],
    pollMs === undefined ? {} : { pollMs },
  );
  useEffect(() => {
    if (value !== undefined) setSamples((before) => addSamples(before, value.data));
  }, [value]);
  const queues = value?.data ?? [];
  const dead = queues.reduce((sum, one) => sum + one.dead, 0);
  const tabs = [
    { id: "changes", label: "Changes" },
    { id: "dead-letters", label: dead === 0 ? "Dead letters" : `Dead letters (${dead})` },
    { id: "queues", label: "Queues" },
  ];
  return (
    <Page
      title="Events"
      actions={
        <Button pressed={isPaused} onClick={() => setPaused(!isPaused)}>
          {isPaused ? "Resume" : "Pause"}
        </Button>
      }
    >
      <Tabs label="Events" tabs={tabs} active={tab} onSelect={(id) => navigate(href(["events", id]))}>
        {error !== undefined && <ErrorNote error={error} onRetry={reload} />}
        {tab === "changes" && (
          <Changes listeners={queues.filter((one) => one.can_replay).map(({ name }) => name)} pollMs={pollMs} />
        )}
        {tab !== "changes" && value === undefined && isSlow && <Spinner label="Loading queues" />}
        {tab === "dead-letters" && value !== undefined && (
          <DeadLetterQueues queues={queues} queue={queue} onChange={reload} />
        )}
        {tab === "queues" && value !== undefined && <Queues queues={queues} samples={samples} onReplay={setReplayed} />}
      </Tabs>
      {replayed !== undefined && <ReplayDialog listener={replayed} onClose={() => setReplayed(undefined)} />}
    </Page>
  );
};

export default EventsPage;
