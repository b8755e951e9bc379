// The keys that rows are sorted by, each with a direction and a place for nulls.

import { $, button, h, select } from "./dom.js";

const MOST = 5;
const FIELDS = [
  ["installedAt", "Installed"],
  ["lastUpgradedAt", "Last upgraded"],
  ["deletedAt", "Uninstalled"],
  ["integrationId", "Integration"],
  ["integrationVersionId", "Version"],
  ["workspaceId", "Workspace"],
  ["memberPolicy", "Member policy"],
  ["parentInstallId", "Parent"],
  ["solutionId", "Solution"],
  ["installedBy", "Installed by"],
  ["retentionTier", "Retention"],
  ["authStateId", "Authorisation"],
  ["id", "Id"],
];
const DIRECTIONS = [
  ["asc", "ascending"],
  ["desc", "descending"],
  ["asc_nulls_first", "ascending, empty first"],
  ["asc_nulls_last", "ascending, empty last"],
  ["desc_nulls_first", "descending, empty first"],
  ["desc_nulls_last", "descending, empty last"],
];

/** The keys of an `orderBy` that a client could have chosen here; none of any other text. */
function parsed(json) {
  try {
    const keys = JSON.parse(json).flatMap(Object.entries);
    const known = ([field, direction]) =>
      FIELDS.some(([name]) => name === field) && DIRECTIONS.some(([name]) => name === direction);
    return keys.filter(known).slice(0, MOST).map(([field, direction]) => ({ field, direction }));
  } catch {
    return [];
  }
}

export class Order {
  #keys = [];

  constructor() {
    $("add-key").addEventListener("click", () => {
      const taken = this.#keys.map((key) => key.field);
      const [field] = FIELDS.find(([name]) => !taken.includes(name));
      this.#keys.push({ field, direction: "desc" });
      this.#show();
      $("order").lastElementChild.querySelector("select").focus();
    });
  }

  get length() {
    return this.#keys.length;
  }

  /** Take an `orderBy` in place of all that is there; what is none is no order. */
  take(json) {
    this.#keys = parsed(json);
    this.#show();
  }

  /** As `orderBy`; empty where no key was chosen. */
  json() {
    const keys = this.#keys.map(({ field, direction }) => ({ [field]: direction }));
    return keys.length ? JSON.stringify(keys) : "";
  }

  #show() {
    $("order").replaceChildren(...this.#keys.map((key, at) => this.#row(key, at)));
    $("add-key").disabled = this.#keys.length === MOST;
  }

  #row(key, at) {
    const number = at + 1;
    const field = select(FIELDS, key.field, {
      ariaLabel: `Key ${number}: field`,
      onchange: () => (key.field = field.value),
    });
    const direction = select(DIRECTIONS, key.direction, {
      ariaLabel: `Key ${number}: direction`,
      onchange: () => (key.direction = direction.value),
    });
    const remove = button("Remove", () => {
      this.#keys.splice(at, 1);
      this.#show();
      $("add-key").focus();
    });
    remove.ariaLabel = `Remove key ${number}`;
    return h("li", { className: "line" }, field, direction, remove);
  }
}
