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

/** The entries of the history. */
export function Activity({ history, known }) {
  if (!history) {
    return null;
  }
  return html`<section>
    <h3>Activity</h3>
    ${history.data.length === 0 && html`<p class="quiet">Nothing is recorded yet.</p>`}
    <ol class="activity">
      ${history.data.map((entry) => html`<li key=${`${entry.revision} ${entry.kind}`} class=${entry.kind}>
        <span>${entry.kind === "settled" ? settled(entry.counts) : html`<strong>${KINDS[entry.kind]}</strong>${origin(entry, known)}`}</span>
        ${entry.kind === "changed" && html`<span class="quiet">${entry.fields.map((name) => LABELS[name] ?? name).join(", ")}</span>`}
        <span class="quiet"><${Time} at=${entry.occurredAt} both /></span>
      </li>`)}
    </ol>
    ${history.hasMore && html`<p class="quiet">Older entries are left out.</p>`}
  </section>`;
}

function origin({ actor, cause }, known) {
  const who = actor.id ? ` by ${actor.kind === "service" ? (SERVICES[actor.id] ?? actor.id) : personName(actor.id, known)}` : "";
  return `${who}${CAUSES[cause] ?? ""}`;
}

function settled({ deleted, restored, purged }) {
  const parts = [
    deleted && `${counted(deleted, "row")} moved to the trash`,
    restored && `${counted(restored, "row")} came back`,
    purged && `${counted(purged, "row")} deleted for good`,
  ].filter(Boolean);
  return `Members, add-ons and solution followed${parts.length ? `: ${parts.join(", ")}` : ""}`;
}
