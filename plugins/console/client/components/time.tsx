import { useEffect, useState } from "preact/hooks";
import { formatRelativeTime, formatTime } from "../lib/format.ts";

const REFRESH_MS = 15_000;

/** `3 minutes ago`, with the time itself in its title. @param at epoch ms */
export const Time = ({ at }: { readonly at: number }) => {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), REFRESH_MS);
    return () => clearInterval(timer);
  }, []);
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return <span>{String(at)}</span>;
  return (
    <time dateTime={date.toISOString()} title={formatTime(at)}>
      {formatRelativeTime(at, Math.max(now, Date.now()))}
    </time>
  );
};
