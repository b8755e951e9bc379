// The members of an install, each with its state.

import { counted } from "./fields.js";
import { html } from "./html.js";

/** Live members by their state; those of a deleted install went with it. */
export function Members({ install, members }) {
  const { total, data } = members;
  const enabled = data.filter((member) => member.enabled).length;
  return html`<section>
    <h3>Members <span class="count">${install.deletedAt ? "" : total}</span></h3>
    ${install.deletedAt
      ? html`<p class="quiet">Its members are in the trash with it. A restore brings them back, each enabled or disabled as it was.</p>`
      : total === 0
        ? html`<p class="quiet">No members.</p>`
        : html`<p class="quiet">${enabled} enabled, ${data.length - enabled} disabled${total > data.length ? ` of the first ${data.length}` : ""}</p>
            <ul class="members">${data.map((member) => html`<${Member} key=${member.id} member=${member} />`)}</ul>
            ${total > data.length && html`<p class="quiet">And ${counted(total - data.length, "more member", "more members")}.</p>`}`}
  </section>`;
}

function Member({ member }) {
  const { sourceMemberSlug, entityId, enabled, detached, isClone } = member;
  return html`<li>
    <span><strong>${sourceMemberSlug}</strong> <code class="quiet">${entityId}</code></span>
    <span class="marks">
      ${isClone && html`<span class="mark">Clone</span>`}
      ${detached && html`<span class="mark" title="It no longer follows its source">Detached</span>`}
      <span class=${`mark ${enabled ? "on" : "off"}`}>${enabled ? "Enabled" : "Disabled"}</span>
    </span>
  </li>`;
}
