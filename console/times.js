// Times as people read them: local, relative, with the exact time beside.

import { DAYS } from "./fields.js";
import { html, useEffect, useState } from "./html.js";

const DAY = 86_400_000;
const words = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });
const briefly = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const exactly = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

const midnight = (time) => new Date(time).setHours(0, 0, 0, 0);

/** Return a time (RFC 3339) in the reader's zone, without its seconds. */
export const brief = (text) => briefly.format(new Date(text));

/** Return a time in the reader's zone. */
export const exact = (text) => exactly.format(new Date(text));

/** Return a time relative to now, such as "yesterday" or "in 6 days". */
export function relative(text, now = Date.now()) {
  const time = Date.parse(text);
  const minutes = Math.trunc((time - now) / 60_000);
  const days = Math.round((midnight(time) - midnight(now)) / DAY);
  if (minutes === 0) {
    return time > now ? "in less than a minute" : "just now";
  }
  if (Math.abs(minutes) < 60) {
    return words.format(minutes, "minute");
  }
  if (days === 0 || Math.abs(minutes) < 6 * 60) {
    return words.format(Math.trunc(minutes / 60), "hour");
  }
  if (Math.abs(days) < 31) {
    return words.format(days, "day");
  }
  const months = Math.trunc(days / 30.44);
  return Math.abs(months) < 24 ? words.format(months, "month") : words.format(Math.trunc(months / 12), "year");
}

/** Return the end of a deleted install's retention; null if it is kept for ever. */
export function purgeTime({ deletedAt, retentionTier }) {
  const days = DAYS[retentionTier];
  return days ? new Date(Date.parse(deletedAt) + days * DAY).toISOString() : null;
}

/** A relative time, beside the time of the clock if `both`; the exact one on hover. */
export function Time({ at, both }) {
  const [, setMinute] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setMinute((minute) => minute + 1), 60_000);
    return () => clearInterval(timer);
  }, []);
  if (!at) {
    return "–";
  }
  return html`<time datetime=${at} title=${exact(at)}>${both ? `${brief(at)} (${relative(at)})` : relative(at)}</time>`;
}
