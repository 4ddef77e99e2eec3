import { useEffect, useState } from "preact/hooks";
import { Button, ErrorNote } from "../../components/index.ts";
import { api, pathOf } from "../../lib/api.ts";
import { formatTime } from "../../lib/format.ts";
import { useResource } from "../../lib/use-resource.ts";
import type { HistoryEntry } from "./history.tsx";
import type { ObjectRef } from "./object-ref.ts";

interface TimeTravelProps {
  readonly collection: ObjectRef;
  /** The time that is shown; undefined for now. */
  readonly at: number | undefined;
  readonly onTravel: (at: number | undefined) => void;
  readonly onClose: () => void;
}

const STEPS = 1000;
/** The slider has to rest for so long before the records are loaded. */
const REST_MS = 150;

/** A filtered history is read in parts. More parts are not looked through. */
const MAX_PARTS = 5;

/** When a collection was created, or else when the first change is that the history has of it. @returns 0 if it has none */
const findFirstChange = async (bucket: string, collection: string, signal: AbortSignal): Promise<number> => {
  const list = `${pathOf("buckets", bucket)}/history?_sort=last_modified&_limit=1`;
  const uri = pathOf("buckets", bucket, "collections", collection);
  const own = await api.getPage<HistoryEntry>(`${list}&uri=${encodeURIComponent(uri)}`, signal);
  let page = own;
  let next: string | undefined = `${list}&collection_id=${encodeURIComponent(JSON.stringify(collection))}`;
  for (let part = 0; part < MAX_PARTS && page.rows.length === 0 && next !== undefined; part++) {
    page = await api.getPage<HistoryEntry>(next, signal);
    next = page.next;
  }
  return page.rows[0]?.last_modified ?? 0;
};

/** A slider over the time since the first change that the history has of a collection. */
export const TimeTravel = ({ collection: { bucket, id }, at, onTravel, onClose }: TimeTravelProps) => {
  const { value: first, error, isLoading } = useResource((signal) => findFirstChange(bucket, id, signal), [bucket, id]);
  const [now] = useState(Date.now);
  const [time, setTime] = useState(at ?? now);
  useEffect(() => {
    const timer = setTimeout(() => onTravel(time >= now ? undefined : time), REST_MS);
    return () => clearTimeout(timer);
  }, [time]);
  if (error !== undefined) return <ErrorNote error={error} />;
  if (isLoading || first === undefined) return null;
  if (first === 0) return <p class="muted">The history has no change of this collection yet.</p>;
  const step = Math.max(1, (now - first) / STEPS);
  const isNow = time >= now;
  return (
    <section class="panel stack-small" aria-label="Time travel">
      <div class="row row-spread">
        <strong>{isNow ? "Now" : `As it was at ${formatTime(time)}`}</strong>
        <div class="row">
          <Button small disabled={isNow} onClick={() => setTime(now)}>
            Back to now
          </Button>
          <Button
            small
            tone="quiet"
            icon="close"
            label="Close the time travel"
            onClick={() => {
              onTravel(undefined);
              onClose();
            }}
          />
        </div>
      </div>
      <input
        type="range"
        aria-label="Time"
        aria-valuetext={isNow ? "Now" : formatTime(time)}
        min={first}
        max={now}
        step={step}
        value={time}
        onInput={(event) => {
          const next = Math.round(Number(event.currentTarget.value));
          setTime(next > now - step ? now : next);
        }}
      />
      <div class="row row-spread muted small">
        <span>{formatTime(first)}</span>
        <span>Now</span>
      </div>
    </section>
  );
};
