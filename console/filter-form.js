// One more condition, without writing JSON.

import { LABELS, POLICIES, RETENTION } from "./fields.js";
import { PHRASES } from "./conditions.js";
import { html, useState } from "./html.js";

const TEXT = [["containsi", "contains"], ["startsWithi", "starts with"], ["eqi", "is"]];
const DATE = [["gte", "from"], ["lt", "before"]];
const CHOICE = [["eq", "is"], ["neq", "is not"]];

/** Fields by their path: label, operators, and the kind of input or its options. */
const FIELDS = {
  "integration.name": ["Integration name", TEXT, "text"],
  "solution.name": ["Solution name", TEXT, "text"],
  "workspace.name": ["Workspace name", TEXT, "text"],
  "installer.name": ["Installer name", TEXT, "text"],
  installedAt: [LABELS.installedAt, DATE, "date"],
  lastUpgradedAt: [LABELS.lastUpgradedAt, DATE, "date"],
  deletedAt: [LABELS.deletedAt, DATE, "date"],
  memberPolicy: [LABELS.memberPolicy, CHOICE, Object.entries(POLICIES)],
  retentionTier: [LABELS.retentionTier, CHOICE, Object.entries(RETENTION)],
};

/** A form that adds a condition to the filter. */
export function FilterForm({ add, close }) {
  const [name, setName] = useState("integration.name");
  const phrase = PHRASES.find(([text]) => text === name);
  const submit = (event) => {
    event.preventDefault();
    const { operator, value } = Object.fromEntries(new FormData(event.target));
    add(phrase ? phrase[1] : condition(name, operator, value));
    close();
  };
  const [, operators, input] = FIELDS[name] ?? [];
  return html`<form class="filter-form" aria-label="Add a filter" onSubmit=${submit}>
    <label>Field
      <select name="field" value=${name} onChange=${({ target }) => setName(target.value)} ref=${focusOnce}>
        ${Object.entries(FIELDS).map(([path, [label]]) => html`<option value=${path}>${label}</option>`)}
        ${PHRASES.map(([text]) => html`<option value=${text}>${text}</option>`)}
      </select>
    </label>
    ${!phrase && html`<label>Condition
        <select name="operator" key=${name}>${operators.map(([value, text]) => html`<option value=${value}>${text}</option>`)}</select>
      </label>
      <label>Value
        ${Array.isArray(input)
          ? html`<select name="value" key=${name}>${input.map(([value, text]) => html`<option value=${value}>${text}</option>`)}</select>`
          : html`<input name="value" key=${name} type=${input} required maxlength="200" />`}
      </label>`}
    <span class="buttons"><button class="primary">Add</button><button type="button" onClick=${close}>Cancel</button></span>
  </form>`;
}

/** Return a condition; a day begins at midnight where the reader is. */
function condition(path, operator, value) {
  const typed = FIELDS[path][2] === "date" ? new Date(`${value}T00:00`).toISOString() : value;
  return path.split(".").reduceRight((inner, key) => ({ [key]: inner }), { [operator]: typed });
}

function focusOnce(select) {
  if (select && !select.dataset.focused) {
    select.dataset.focused = "true";
    select.focus();
  }
}
