import { useState } from "preact/hooks";
import { Button, EmptyState, ErrorNote, Field, Spinner, Time } from "../../components/index.ts";
import { api } from "../../lib/api.ts";
import { formatDuration } from "../../lib/format.ts";
import { href } from "../../lib/router.ts";
import { useResource } from "../../lib/use-resource.ts";
import { type ChangeEvent, countResults, type Delivery, type EventFilter, eventsPath, RESULTS } from "./events.ts";
import { ResultBadge } from "./result-badge.tsx";

/** Events that are shown first, and that each click adds. */
const PAGE_SIZE = 50;
/** Maximum of the endpoint. */
const MAX_SHOWN = 200;
const NO_FILTER: EventFilter = { listener: "", result: "", uri: "" };

interface ChangesProps {
  readonly listeners: readonly string[];
  /** How often to look; not at all when absent. */
  readonly pollMs: number | undefined;
}

/** The live feed of changes, each with its deliveries. */
export const Changes = ({ listeners, pollMs }: ChangesProps) => {
  const [filter, setFilter] = useState(NO_FILTER);
  const [limit, setLimit] = useState(PAGE_SIZE);
  const path = eventsPath(filter, limit);
  const { value, error, isSlow, reload } = useResource(
    (signal) => api.get<{ readonly data: readonly ChangeEvent[] }>(path, signal),
    [path],
    pollMs === undefined ? {} : { pollMs },
  );
  const change = (part: Partial<EventFilter>) => {
    setFilter({ ...filter, ...part });
    setLimit(PAGE_SIZE);
  };
  const events = value?.data;
  return (
    <>
      <FilterBar filter={filter} listeners={listeners} onChange={change} />
      {error !== undefined && <ErrorNote error={error} onRetry={reload} />}
      {events === undefined && isSlow && <Spinner label="Loading events" />}
      {events?.length === 0 && <NoEvents isFiltered={filter !== NO_FILTER} onReset={() => setFilter(NO_FILTER)} />}
      {events !== undefined && events.length > 0 && (
        <ol class="feed" aria-label="Changes, newest first">
          {events.map((event) => (
            <ChangeRow key={event.id} event={event} />
          ))}
        </ol>
      )}
      {events?.length === limit && limit < MAX_SHOWN && (
        <Button onClick={() => setLimit(Math.min(MAX_SHOWN, limit + PAGE_SIZE))}>Show older changes</Button>
      )}
    </>
  );
};

interface FilterBarProps {
  readonly filter: EventFilter;
  readonly listeners: readonly string[];
  readonly onChange: (part: Partial<EventFilter>) => void;
}

const FilterBar = ({ filter, listeners, onChange }: FilterBarProps) => (
  <div class="filters">
    <Field label="Listener">
      {(control) => (
        <select
          {...control}
          value={filter.listener}
          onChange={({ currentTarget: { value } }) => onChange({ listener: value })}
        >
          <option value="">All listeners</option>
          {listeners.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      )}
    </Field>
    <Field label="Result">
      {(control) => (
        <select
          {...control}
          value={filter.result}
          onChange={({ currentTarget: { value } }) => onChange({ result: value })}
        >
          <option value="">All results</option>
          {RESULTS.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      )}
    </Field>
    <Field label="URI starts with">
      {(control) => (
        <input
          {...control}
          type="search"
          placeholder="/buckets/blog"
          value={filter.uri}
          onInput={({ currentTarget: { value } }) => onChange({ uri: value })}
        />
      )}
    </Field>
  </div>
);

const NoEvents = ({ isFiltered, onReset }: { readonly isFiltered: boolean; readonly onReset: () => void }) =>
  isFiltered ? (
    <EmptyState title="No event of the last hour matches the filters">
      <Button onClick={onReset}>Remove the filters</Button>
    </EmptyState>
  ) : (
    <EmptyState title="Nothing was changed in the last hour">
      Create or change an object. It appears here within seconds, with what each listener made of it.
    </EmptyState>
  );

const ChangeRow = ({ event }: { readonly event: ChangeEvent }) => (
  <li>
    <details>
      <summary>
        <Time at={event.time} />
        <span class={`action action-${event.action}`}>{event.action}</span>
        <span class="feed-uri">{event.uri}</span>
        <span class="feed-results">
          {event.deliveries.length === 0 && <span class="muted">no listener</span>}
          {countResults(event.deliveries).map(([result, count]) => (
            <ResultBadge key={result} result={result} count={count} />
          ))}
        </span>
      </summary>
      <div class="feed-details">
        <dl class="facts">
          <dt>User</dt>
          <dd class="mono">{event.user}</dd>
          <dt>Event</dt>
          <dd class="mono">{event.id}</dd>
          {event.request_id !== undefined && (
            <>
              <dt>Request</dt>
              <dd class="mono">{event.request_id}</dd>
            </>
          )}
        </dl>
        {event.deliveries.length === 0 && <p class="muted">No listener receives this change.</p>}
        {event.deliveries.map((delivery) => (
          <DeliveryRow key={delivery.listener} delivery={delivery} />
        ))}
      </div>
    </details>
  </li>
);

const DeliveryRow = ({ delivery: { listener, result, ms, attempts } }: { readonly delivery: Delivery }) => (
  <section class="delivery" aria-label={`Delivery to ${listener}`}>
    <h2>
      <span class="mono">{listener}</span>
      <ResultBadge result={result} />
      {ms !== undefined && (
        <span class="muted">{`${attempts.length === 1 ? "1 try" : `${attempts.length} tries`}, ${formatDuration(ms)}`}</span>
      )}
      {result === "dead" && <a href={href(["events", "dead-letters", listener])}>Show its dead letters</a>}
    </h2>
    {attempts.length === 0 ? (
      <p class="muted">
        {result === "unknown"
          ? "There were too many attempts since to show this one."
          : "The worker has not received it yet."}
      </p>
    ) : (
      <ol class="attempts">
        {attempts.map((one) => (
          <li key={`${one.attempt} ${one.time}`}>
            <span>{`Try ${one.attempt}`}</span>
            <ResultBadge result={one.outcome} />
            <Time at={one.time} />
            <span class="muted">{formatDuration(one.ms)}</span>
            {one.retry_in_seconds !== undefined && (
              <span class="muted">{`next try after ${formatDuration(one.retry_in_seconds * 1000)}`}</span>
            )}
            {one.error !== undefined && <span class="error-text">{one.error}</span>}
          </li>
        ))}
      </ol>
    )}
  </section>
);
