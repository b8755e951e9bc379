// The members of an install, each with its state.

import { counted } from "./fields.js";
import { html } from "./html.js";

/** The members by their state; of a deleted install those in the trash. */
export function Members({ install, members }) {
  const { total, data } = members;
  const more = total - data.length;
  return html`<section>
    <h3>Members <span class="count">${total}</span></h3>
    <p class="quiet">${install.deletedAt ? inTrash(install, members) : states(members)}</p>
    <ul class="members">${data.map((member) => html`<${Member} key=${member.id} ...${{ member, install }} />`)}</ul>
    ${more > 0 && html`<p class="quiet">And ${counted(more, "more member", "more members")}.</p>`}
  </section>`;
}

function states({ total, data }) {
  const enabled = data.filter((member) => member.enabled).length;
  return total === 0
    ? "No members."
    : `${enabled} enabled, ${data.length - enabled} disabled${total > data.length ? ` of the first ${data.length}` : ""}`;
}

function inTrash(install, { total, data }) {
  if (total === 0) {
    return "No members are in the trash with it.";
  }
  const isEarlier = data.some((member) => member.deletedAt !== install.deletedAt);
  return `Disabled by the uninstall. A restore brings them back, each enabled or disabled as it was${isEarlier ? ", but for those deleted earlier" : ""}.`;
}

function Member({ member, install }) {
  const { sourceMemberSlug, entityId, detached, isClone } = member;
  const [text, name] = state(member, install);
  return html`<li>
    <span><strong>${sourceMemberSlug}</strong> <code class="quiet">${entityId}</code></span>
    <span class="marks">
      ${isClone && html`<span class="mark">Clone</span>`}
      ${detached && html`<span class="mark" title="It no longer follows its source">Detached</span>`}
      <span class=${`mark ${name}`}>${text}</span>
    </span>
  </li>`;
}

function state({ enabled, deletedAt }, install) {
  if (deletedAt) {
    return [deletedAt === install.deletedAt ? "In the trash" : "Deleted earlier", "off"];
  }
  return enabled ? ["Enabled", "on"] : ["Disabled", "off"];
}
