// The sort fields, each with a direction and the place of nulls.

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
  ["authStateId", "Authorization"],
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

/** Parse the sort fields of an `orderBy` that this form can show; none of any other text. */
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

  /** Replace the sort fields by an `orderBy`; an invalid one clears them. */
  take(json) {
    this.#keys = parsed(json);
    this.#show();
  }

  /** Return the `orderBy`; empty without sort fields. */
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
      ariaLabel: `Sort field ${number}: field`,
      onchange: () => (key.field = field.value),
    });
    const direction = select(DIRECTIONS, key.direction, {
      ariaLabel: `Sort field ${number}: direction`,
      onchange: () => (key.direction = direction.value),
    });
    const remove = button("Remove", () => {
      this.#keys.splice(at, 1);
      this.#show();
      $("add-key").focus();
    });
    remove.ariaLabel = `Remove sort field ${number}`;
    return h("li", { className: "line" }, field, direction, remove);
  }
}
