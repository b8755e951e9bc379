// The details of one install, and related rows.

import { $, button, h, moment } from "./dom.js";
import { membersInWords, relativesOf } from "./relatives.js";
import { actionsOf, retention } from "./rows.js";

const NAMES = {
  integrationId: "Integration",
  integrationVersionId: "Version",
  workspaceId: "Workspace",
  memberPolicy: "Member policy",
  authStateId: "Authorization",
  installedBy: "Installed by",
  installedAt: "Installed",
  lastUpgradedAt: "Last upgraded",
  deletedAt: "Uninstalled",
  retentionTier: "Retention",
};
const MOMENTS = ["installedAt", "lastUpgradedAt", "deletedAt"];

export class Details {
  /** The id of the shown install, or null. */
  id = null;

  constructor(actions, failed) {
    this.actions = actions;
    this.failed = failed;
    $("details").addEventListener("close", () => (this.id = null));
  }

  /** Open the dialog with an install, or refresh it. */
  async show(api, id) {
    try {
      const install = await api.get(id);
      const relatives = await relativesOf(api, install);
      this.#fill(install, relatives);
      this.id = id;
      if (!$("details").open) {
        $("details").showModal();
      }
    } catch (problem) {
      this.close();
      this.failed(problem);
    }
  }

  /** Refresh the dialog if it shows this install. */
  refresh(install, relatives) {
    if (this.id === install.id) {
      this.#fill(install, relatives);
    }
  }

  close() {
    $("details").close();
  }

  #fill(install, relatives) {
    const focused = document.activeElement?.textContent;
    const state = install.deletedAt === null ? "Installed" : "In the trash";
    $("details").replaceChildren(
      h(
        "header",
        {},
        h("h2", { id: "details-title" }, install.id),
        h("span", { className: "state", data: { deleted: String(install.deletedAt !== null) } }, state),
        button("Close", () => this.close()),
      ),
      h("dl", {}, ...Object.keys(NAMES).flatMap((name) => pair(NAMES[name], shown(install, name)))),
      h("h3", {}, "Related"),
      h(
        "dl",
        { className: "relatives" },
        ...pair("Parent", this.#link(install.parentInstallId)),
        ...pair("Add-ons", this.#addOns(relatives.addOns)),
        ...pair("Members", membersInWords(relatives.members)),
        ...pair("Solution", solution(install, relatives)),
      ),
      h("h3", {}, "Variables"),
      h("pre", { tabIndex: 0 }, JSON.stringify(install.variables, null, 2)),
      h("div", { className: "actions" }, ...actionsOf(install, this.actions)),
    );
    const buttons = [...$("details").querySelectorAll("button")];
    buttons.find((one) => one.textContent === focused)?.focus();
  }

  #link(id) {
    return id === null
      ? "–"
      : button(id, () => this.actions.open(id), { className: "link" });
  }

  #addOns(addOns) {
    if (!addOns.length) {
      return "none";
    }
    const items = addOns.map((one) =>
      h("li", {}, this.#link(one.id), one.deletedAt === null ? "" : " in the trash"),
    );
    return h("ul", {}, ...items);
  }
}

function pair(name, value) {
  return [h("dt", {}, name), h("dd", {}, value)];
}

function shown(install, name) {
  if (name === "retentionTier") {
    return retention(install);
  }
  return MOMENTS.includes(name) ? moment(install[name]) : (install[name] ?? "–");
}

function solution(install, { solutionDeleted }) {
  return install.solutionId === null
    ? "–"
    : `${install.solutionId}${solutionDeleted ? " in the trash" : ""}`;
}
