import { EmptyState, Field } from "../../components/index.ts";
import { href, navigate } from "../../lib/router.ts";
import { DeadLetters } from "./dead-letters.tsx";
import type { Queue } from "./events.ts";

interface DeadLetterQueuesProps {
  readonly queues: readonly Queue[];
  /** The queue in the address; the first one with dead letters when absent. */
  readonly queue: string | undefined;
  readonly onChange: () => void;
}

/** The dead letters of one of the queues. */
export const DeadLetterQueues = ({ queues, queue, onChange }: DeadLetterQueuesProps) => {
  const sorted = queues.toSorted((a, b) => b.dead - a.dead);
  const shown = queue ?? sorted[0]?.name;
  if (shown === undefined || (queue === undefined && sorted[0]?.dead === 0))
    return (
      <EmptyState title="No queue has dead letters">
        A message becomes a dead letter when its listener has failed at each try. Here you can then read the error, edit
        the message, and send it again.
      </EmptyState>
    );
  return (
    <>
      <div class="filters">
        <Field label="Queue">
          {(control) => (
            <select
              {...control}
              value={shown}
              onChange={({ currentTarget: { value } }) => navigate(href(["events", "dead-letters", value]))}
            >
              {sorted.map(({ name, dead }) => (
                <option key={name} value={name}>{`${name} (${dead})`}</option>
              ))}
            </select>
          )}
        </Field>
      </div>
      <DeadLetters key={shown} queue={shown} onChange={onChange} />
    </>
  );
};
