import { Later } from "../core/events/later.ts";

/**
 * What a listener, an inbound part or a publisher throws to get an event again in so many seconds, 0 to 42,000: `throw later(30, "The bank is closed.")`. That is
 * no failure, but counts as a try: after the last one the message is parked.
 */
export const later = (seconds: number, why: string): Error => new Later(seconds, why);
