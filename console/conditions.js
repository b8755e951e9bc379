// The filter builder: conditions on common fields, AND-ed, as JSON.

import { $, button, h, select } from "./dom.js";

const IDS = [
  ["eq", "is"],
  ["neq", "is not"],
];
const DATES = [
  ["gte", "from"],
  ["lt", "before"],
];
const TEXTS = [
  ["containsi", "contains"],
  ["startsWithi", "starts with"],
  ["eqi", "is"],
];
const PRESENCE = [
  ["false", "exists"],
  ["true", "does not exist"],
];
const SOME = [
  ["some", "exists"],
  ["none", "does not exist"],
];

/** Fields of a condition: label, operators, kind of input, and the filter that it makes. */
const FIELDS = {
  integration: field("Integration name", TEXTS, "text", inside("integration", "name")),
  solution: field("Solution name", TEXTS, "text", inside("solution", "name")),
  installer: field("Installer name", TEXTS, "text", inside("installer", "name")),
  memberPolicy: field("Member policy", IDS, ["auto_all", "auto_defaults", "manual"]),
  installedAt: field("Installed", DATES, "date"),
  lastUpgradedAt: field("Last upgraded", DATES, "date"),
  deletedAt: field("Uninstalled", DATES, "date"),
  retentionTier: field("Retention", IDS, ["short", "medium", "long", "none"]),
  installedBy: field("Installed by (id)", IDS, "text"),
  solutionId: field("Solution (id)", IDS, "text"),
  parentInstallId: field("Parent", PRESENCE, null, absent("parentInstallId")),
  upgraded: field("Upgrade", PRESENCE, null, absent("lastUpgradedAt")),
  enabled: field("Enabled member", SOME, null, (quantifier) => ({
    members: { [quantifier]: { enabled: true } },
  })),
  addOns: field("Live add-on", SOME, null, (quantifier) => ({
    addOns: { [quantifier]: { deletedAt: { isNull: true } } },
  })),
};

function field(label, operators, input, filter) {
  return { label, operators, input, filter };
}

function inside(relation, name) {
  return (operator, value) => ({ [relation]: { [name]: { [operator]: value } } });
}

function absent(name) {
  return (value) => ({ [name]: { isNull: value === "true" } });
}

/** Return a condition as a filter; null while its value is empty. */
function asFilter({ name, operator, value }) {
  const { input, filter } = FIELDS[name];
  if (input !== null && value === "") {
    return null;
  }
  const typed = input === "date" ? `${value}T00:00:00Z` : value;
  return filter ? filter(operator, typed) : { [name]: { [operator]: typed } };
}

/** Parse the JSON that conditions are added to: null for all installs, undefined if it is invalid. */
function parsed(text) {
  try {
    const filter = text.trim() ? JSON.parse(text) : null;
    return JSON.stringify(filter) === "{}" ? null : filter;
  } catch {
    return undefined;
  }
}

export class Conditions {
  #conditions = [];
  #typed = null;

  constructor() {
    $("filter-json").addEventListener("input", () => this.#typedIn());
    $("add-condition").addEventListener("click", () => {
      this.#conditions.push({ name: "integration", operator: "containsi", value: "" });
      this.#show();
      $("conditions").lastElementChild.querySelector("select").focus();
    });
  }

  /** Replace the filter by a JSON text. */
  take(text) {
    $("filter-json").value = text;
    this.#typedIn();
  }

  /** Use the typed text as the filter; conditions added later are AND-ed to it. */
  #typedIn() {
    this.#conditions = [];
    this.#typed = parsed($("filter-json").value);
    $("add-condition").disabled = this.#typed === undefined;
    this.#show();
  }

  #show() {
    $("conditions").replaceChildren(...this.#conditions.map((one, at) => this.#row(one, at)));
  }

  #row(condition, at) {
    const { operators, input } = FIELDS[condition.name];
    const number = at + 1;
    const fields = select(
      Object.entries(FIELDS).map(([name, { label }]) => [name, label]),
      condition.name,
      { ariaLabel: `Condition ${number}: field` },
    );
    fields.addEventListener("change", () => {
      const chosen = FIELDS[fields.value];
      const value = Array.isArray(chosen.input) ? chosen.input[0] : "";
      Object.assign(condition, { name: fields.value, operator: chosen.operators[0][0], value });
      this.#changed();
      $("conditions").children[at].querySelector("select").focus();
    });
    const operator = select(operators, condition.operator, {
      ariaLabel: `Condition ${number}: operator`,
      onchange: () => this.#update(condition, { operator: operator.value }),
    });
    const properties = {
      ariaLabel: `Condition ${number}: value`,
      oninput: (event) => this.#update(condition, { value: event.target.value }),
    };
    const value =
      input === null
        ? null
        : Array.isArray(input)
          ? select(input.map((one) => [one, one]), condition.value, properties)
          : h("input", { type: input, value: condition.value, ...properties });
    const remove = button("Remove", () => {
      this.#conditions.splice(at, 1);
      this.#changed();
      $("add-condition").focus();
    });
    remove.ariaLabel = `Remove condition ${number}`;
    return h("div", { className: "line" }, fields, operator, value, remove);
  }

  #update(condition, change) {
    Object.assign(condition, change);
    this.#write();
  }

  #changed() {
    this.#show();
    this.#write();
  }

  #write() {
    const conditions = this.#conditions.map(asFilter);
    const filters = [this.#typed, ...conditions].filter((one) => one !== null);
    const whole = filters.length > 1 ? { AND: filters } : (filters[0] ?? null);
    $("filter-json").value = whole ? JSON.stringify(whole, null, 2) : "";
  }
}
