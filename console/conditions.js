// The builder of filters: conditions on the commonest fields, AND-ed, as JSON.

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
const THERE = [
  ["false", "there is one"],
  ["true", "there is none"],
];
const YES = [
  ["some", "there is one"],
  ["none", "there is none"],
];

/** What can be asked: a name, the operators, the kind of input, and how it reads as a filter. */
const FIELDS = {
  integration: field("Integration's name", TEXTS, "text", inside("integration", "name")),
  solution: field("Solution's name", TEXTS, "text", inside("solution", "name")),
  installer: field("Installer's name", TEXTS, "text", inside("installer", "name")),
  memberPolicy: field("Member policy", IDS, ["auto_all", "auto_defaults", "manual"]),
  installedAt: field("Installed", DATES, "date"),
  lastUpgradedAt: field("Last upgraded", DATES, "date"),
  deletedAt: field("Uninstalled", DATES, "date"),
  retentionTier: field("Retention", IDS, ["short", "medium", "long", "none"]),
  installedBy: field("Installed by (id)", IDS, "text"),
  solutionId: field("Solution (id)", IDS, "text"),
  parentInstallId: field("A parent", THERE, null, absent("parentInstallId")),
  upgraded: field("An upgrade", THERE, null, absent("lastUpgradedAt")),
  enabled: field("An enabled member", YES, null, (quantifier) => ({
    members: { [quantifier]: { enabled: true } },
  })),
  addOns: field("An add-on", YES, null, (quantifier) => ({
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

/** A condition as a filter; null while its value is empty. */
function asFilter({ name, operator, value }) {
  const { input, filter } = FIELDS[name];
  if (input !== null && value === "") {
    return null;
  }
  const typed = input === "date" ? `${value}T00:00:00Z` : value;
  return filter ? filter(operator, typed) : { [name]: { [operator]: typed } };
}

/** A text of JSON as what conditions are added to: null for all installs, undefined for no JSON. */
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

  /** Take a filter's JSON in place of all that is there. */
  take(text) {
    $("filter-json").value = text;
    this.#typedIn();
  }

  /** Take what was typed as the filter; conditions that are added from now on are AND-ed to it. */
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
      onchange: () => this.#say(condition, { operator: operator.value }),
    });
    const properties = {
      ariaLabel: `Condition ${number}: value`,
      oninput: (event) => this.#say(condition, { value: event.target.value }),
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

  #say(condition, change) {
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
