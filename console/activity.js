// What happened to an install, newest first: who, when, and what followed.

import { counted, LABELS } from "./fields.js";
import { html } from "./html.js";
import { personName } from "./names.js";
import { Time } from "./times.js";

const KINDS = {
  created: "Installed",
  changed: "Changed",
  uninstalled: "Uninstalled",
  restored: "Restored",
  purged: "Deleted for good",
  expired: "Retention ended",
};
const CAUSES = { parent: ", with its parent" };
const SERVICES = { ingest: "the platform", import: "an import", erase: "an erasure" };

/** The entries of the history, but for the ends of changes that entailed nothing. */
export function Activity({ history, known }) {
  if (!history) {
    return null;
  }
  const entries = history.data.filter(({ kind, counts }) => kind !== "settled" || Object.values(counts).some(Boolean));
  return html`<section>
    <h3>Activity</h3>
    ${entries.length === 0 && html`<p class="quiet">Nothing is recorded yet.</p>`}
    <ol class="activity">
      ${entries.map((entry) => html`<li key=${`${entry.revision} ${entry.kind}`} class=${entry.kind}>
        <span>${entry.kind === "settled" ? settled(entry.counts) : changed(entry, known)}</span>
        ${entry.kind === "changed" && html`<span class="quiet">${entry.fields.map((name) => LABELS[name] ?? name).join(", ")}</span>`}
        <span class="quiet"><${Time} at=${entry.occurredAt} both /></span>
      </li>`)}
    </ol>
    ${history.hasMore && html`<p class="quiet">Older entries are left out.</p>`}
  </section>`;
}

function changed({ kind, actor, cause }, known) {
  if (kind === "created" && actor.id === "import") {
    return html`<strong>Imported</strong>`;
  }
  const who = actor.id ? ` by ${actor.kind === "service" ? (SERVICES[actor.id] ?? actor.id) : personName(actor.id, known)}` : "";
  return html`<strong>${KINDS[kind]}</strong>${who}${CAUSES[cause] ?? ""}`;
}

function settled({ deleted, restored, purged }) {
  const parts = [
    deleted && `${followed(deleted)} moved to the trash`,
    restored && `${followed(restored)} came back`,
    purged && `${followed(purged)} deleted for good`,
  ].filter(Boolean);
  return parts.join("; ");
}

/** A number of rows of several kinds: the history does not tell them apart. */
function followed(number) {
  return counted(number, "member, add-on or solution", "members, add-ons and solutions");
}
