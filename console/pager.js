// The position in the list, and the way to its other pages.

import { asking, LIMITS } from "./address.js";
import { html } from "./html.js";
import { position } from "./list.js";
import { prefer, preferences } from "./preferences.js";

/** Position, Previous, Next, and rows per page. */
export function Pager({ list, address, trail, go, ask }) {
  if (!list.page) {
    return html`<nav class="pager" aria-label="Pages of the list"></nav>`;
  }
  const { total, hasNextPage, endCursor } = list.page.pageInfo;
  const [first, last] = position(list);
  const number = Number(address.page || 1);
  const previous = previousPage(list.page, address, trail);
  const next = () => go({ page: String(number + 1), after: endCursor, before: "" }, { trail: address.before ? [] : [...trail, address.after] });
  const limit = ({ target }) => {
    prefer({ limit: target.value });
    ask({ limit: target.value });
  };
  return html`<nav class="pager" aria-label="Pages of the list">
    <span id="position">${list.page.data.length ? `${first}-${last} of ${total}` : `0 of ${total}`}</span>
    <label>Rows <select id="limit" value=${address.limit || preferences().limit} onChange=${limit}>${LIMITS.map((one) => html`<option>${one}</option>`)}</select></label>
    <label class="density">Density <select value=${preferences().density} onChange=${({ target }) => prefer({ density: target.value })}><option value="comfortable">Comfortable</option><option value="compact">Compact</option></select></label>
    <span class="buttons">
      <button id="previous" type="button" disabled=${!previous} onClick=${() => go(previous.changes, { trail: previous.trail })}>Previous</button>
      <button id="next" type="button" disabled=${!hasNextPage} onClick=${next}>Next</button>
    </span>
  </nav>`;
}

/** Return the way to the page before: by the cursors that led here, which work on an empty page too,
 * or by the first row; undefined on the first page. */
function previousPage(page, address, trail) {
  const number = Number(address.page || 1);
  const { hasPreviousPage, startCursor } = page.pageInfo;
  if (trail.length && number > 1) {
    const after = trail.at(-1);
    return { changes: { page: after ? String(number - 1) : "", after, before: "" }, trail: trail.slice(0, -1) };
  }
  if (hasPreviousPage && startCursor) {
    return { changes: { page: String(Math.max(number - 1, 1)), after: "", before: startCursor }, trail: [] };
  }
  return address.after || address.before ? { changes: asking({}, {}), trail: [] } : undefined;
}
