// What an uninstall takes with it, counted before it is confirmed.

import { counted, DAYS } from "./fields.js";
import { html } from "./html.js";
import { nameOf } from "./names.js";
import { brief } from "./times.js";

const LEVELS = 5;
const MOST_NAMED = 3;

/** Count the dependents of an install: members, add-ons to five levels, and the solution's fate. */
export async function countOf(api, row, learn, signal) {
  const [{ included }, addOns] = await Promise.all([
    api.get(row.id, ["members", "solution", "workspace"], signal),
    below(api, row.id, learn, signal),
  ]);
  learn(included);
  const solution = included.solutions[row.solutionId] ?? null;
  return {
    members: included.members.total,
    addOns,
    solution: solution && { name: solution.name, kept: await keptBy(api, row, addOns.rows, learn, signal) },
    tier: included.workspaces[row.workspaceId]?.defaultRetentionTier ?? null,
  };
}

/** Return the add-ons of an install, and theirs, and their number. */
async function below(api, id, learn, signal) {
  const rows = [];
  let total = 0;
  let more = false;
  for (let level = [id], depth = 1; level.length && !more; depth++) {
    const filter = JSON.stringify({ parentInstallId: { in: level.slice(0, 100) } });
    const page = await api.list({ filter, include_deleted: "false", include: "integration" }, signal);
    learn(page.included);
    total += page.pageInfo.total;
    more = page.pageInfo.hasNextPage || (depth > LEVELS && page.data.length > 0);
    level = page.data.map((row) => row.id);
    rows.push(...page.data);
  }
  return { total, more, rows };
}

/** Return an install that keeps the solution from the trash, if there is one. */
async function keptBy(api, row, addOns, learn, signal) {
  const page = await api.list({ solution_id: row.solutionId, include_deleted: "false", include: "integration" }, signal);
  learn(page.included);
  const leaving = new Set([row, ...addOns].map(({ id }) => id));
  return page.data.find((other) => !leaving.has(other.id)) ?? null;
}

/** Return the counts of several installs together; `null` members where they were not counted. */
export function inSum(counts, rows) {
  const sum = (number) => counts.reduce((total, count) => total + number(count), 0);
  const tiers = new Set(counts.map((count) => count.tier));
  return {
    counted: counts.length > 0,
    several: rows.length > 1,
    members: sum((count) => count.members),
    addOns: sum((count) => count.addOns.total),
    named: counts.flatMap((count) => count.addOns.rows).slice(0, MOST_NAMED),
    more: counts.some((count) => count.addOns.more),
    solutions: counts.map((count) => count.solution).filter(Boolean),
    tier: tiers.size === 1 ? [...tiers][0] : undefined,
  };
}

/** The consequences in words. */
export function Summary({ count, known }) {
  const { several, members, addOns, named, more, solutions, tier } = count;
  return html`
    <p>${several ? "They move" : "It moves"} to the trash, with</p>
    <ul>
      ${count.counted
        ? html`<li>${members ? counted(members, "member") : "no members"}</li>
            <li>${addOns ? html`${more && "at least "}${counted(addOns, "add-on")} with ${addOns === 1 ? "its" : "their"} members: ${list(named, addOns, known)}` : "no add-ons"}</li>`
        : html`<li>their members and add-ons</li>`}
      ${solutions.map(({ name, kept }) =>
        kept
          ? html`<li>Solution “${name}” stays${several ? ", if others stay in it" : html`, since <strong>${nameOf(kept, known)}</strong> is in it`}.</li>`
          : html`<li>the solution “${name}”${!several && ", since nothing else is in it"}</li>`,
      )}
    </ul>
    <p>${until(tier)}</p>`;
}

/** The names of the first add-ons, and the number of the others. */
function list(named, total, known) {
  const names = named.map((row) => nameOf(row, known)).join(", ");
  return total > named.length ? `${names} and ${total - named.length} more` : names;
}

function until(tier) {
  const days = DAYS[tier];
  if (days) {
    return html`It can be restored for ${days} days, until <strong>${brief(new Date(Date.now() + days * 86_400_000).toISOString())}</strong>.`;
  }
  return tier === "none" ? "It can be restored at any time." : "It can be restored until its retention ends.";
}
