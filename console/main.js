// The console: list and trash, a client of the public API only.

import { remember, remembered } from "./address.js";
import { Api, Problem } from "./api.js";
import { Conditions } from "./conditions.js";
import { Details } from "./details.js";
import { $, confirmed } from "./dom.js";
import { Order } from "./order.js";
import { clearProblem, showProblem } from "./problem.js";
import { followed, relativesOf } from "./relatives.js";
import { showRows, TRASH } from "./rows.js";
import { Session } from "./session.js";

const LATEST_FIRST = JSON.stringify([{ deletedAt: "desc" }]);
const POLLS = 60;
const POLL_MILLISECONDS = 400;

const session = new Session();
const conditions = new Conditions();
const order = new Order();
const actions = { open, uninstall, restore, purge };
const details = new Details(actions, failed);
const form = $("query");

let api = null;
let query = {};
let place = {};
let page = null;
let loading = new AbortController();

/** Return the form's values as parameters of the list. */
function parameters() {
  const { view, workspace, integration, limit } = form.elements;
  return {
    include_deleted: view.value,
    workspace_id: workspace.value.trim(),
    integration_id: integration.value.trim(),
    filter: $("filter-json").value.trim(),
    orderBy: order.json(),
    limit: limit.value,
  };
}

/** Fill the form from the address, as far as it can show it. */
function fill({ include_deleted, workspace_id, integration_id, filter, orderBy, limit }) {
  const { elements } = form;
  elements.view.value = include_deleted ?? elements.view.value;
  elements.workspace.value = workspace_id ?? "";
  elements.integration.value = integration_id ?? "";
  const limits = [...elements.limit.options];
  const chosen = limits.find((one) => one.value === limit) ?? limits.find((one) => one.defaultSelected);
  chosen.selected = true;
  conditions.take(filter ?? "");
  order.take(orderBy ?? "");
  $("filter-panel").open = Boolean(filter);
  $("order-panel").open = order.length > 0;
}

/** Load the current page and announce `message` of its total; return true if it was loaded. */
async function load(message) {
  loading.abort();
  loading = new AbortController();
  $("list").ariaBusy = "true";
  const { signal } = loading;
  try {
    if (api === null) {
      throw new Problem({ status: 401, title: "Not signed in", detail: "The API needs a token." });
    }
    show(await api.list({ ...query, ...place }, signal));
    announce(message(page.pageInfo.total));
    return true;
  } catch (error) {
    if (error.name !== "AbortError") {
      show(null);
      failed(error);
    }
    return false;
  } finally {
    $("list").ariaBusy = String(signal !== loading.signal);
  }
}

/** Show a page, or none; keep the focus on its button while that exists. */
function show(shown) {
  page = shown;
  const focused = document.activeElement;
  const wasInRow = focused.closest("#rows tr") !== null;
  showRows(page?.data ?? [], query.include_deleted, actions);
  $("empty").hidden ||= page === null;
  $("previous").disabled = !page?.pageInfo.hasPreviousPage;
  $("next").disabled = !page?.pageInfo.hasNextPage;
  $("total").textContent = page ? `${page.data.length} of ${page.pageInfo.total}` : "";
  suggest("integrations", (page?.data ?? []).map((row) => row.integrationId));
  if (wasInRow) {
    const buttons = [...$("rows").querySelectorAll("button")];
    const same = buttons.find((one) => named(one) === named(focused));
    (same ?? $("list")).focus();
  }
}

function named(button) {
  return button.ariaLabel ?? button.textContent;
}

/** Load the first page of the form's query. */
async function apply() {
  clearProblem();
  query = parameters();
  remember(query);
  query.orderBy ||= query.include_deleted === TRASH ? LATEST_FIRST : "";
  place = {};
  $("filter-count").textContent = query.filter ? "1" : "";
  $("order-count").textContent = order.length || "";
  await load((total) => `${total} ${total === 1 ? "install matches" : "installs match"}.`);
}

async function turn(to) {
  clearProblem();
  place = to;
  const pager = document.activeElement;
  await load(() => `${page.data.length} installs shown.`);
  if (pager.disabled) {
    $("list").focus();
  }
}

function announce(text) {
  $("status").textContent = text;
}

function failed(error) {
  if (!(error instanceof Problem)) {
    throw error;
  }
  announce("");
  showProblem(error);
}

function suggest(list, values) {
  const options = [...new Set(values)].sort().map((value) => new Option("", value));
  $(list).replaceChildren(...options);
}

function open(id) {
  clearProblem();
  return details.show(api, id);
}

async function uninstall(row) {
  const text = "The install moves to the trash with its members, add-ons and solution. It can be restored.";
  if (await confirmed(`Uninstall ${row.id}?`, text, "Uninstall", false)) {
    await change(row, () => api.uninstall(row.id), "Uninstalled");
  }
}

async function restore(row) {
  await change(row, () => api.restore(row.id), "Restored");
}

async function purge(row) {
  const text = "The install is deleted for good, with everything that its uninstall deleted. This cannot be undone.";
  if (await confirmed(`Purge ${row.id}?`, text, "Purge for good", true)) {
    await change(row, () => api.purge(row.id), "Purged");
  }
}

/** Change an install, and wait for its dependents. */
async function change(row, act, done) {
  clearProblem();
  try {
    await act();
  } catch (error) {
    details.close();
    await load(() => "");
    failed(error);
    return;
  }
  if (done === "Purged") {
    details.close();
    await load(() => `${done} ${row.id}.`);
    return;
  }
  await load(() => `${done} ${row.id}. Waiting for its members, add-ons and solution…`);
  if (await watch(row)) {
    await load(() => `${done} ${row.id} with its members, add-ons and solution.`);
  }
}

/** Poll the dependents of a changed row; return true once they have followed. */
async function watch({ id, deletedAt }) {
  const as = api;
  for (let poll = 0; poll < POLLS && as === api; poll++) {
    try {
      const install = await as.get(id);
      const relatives = await relativesOf(as, install);
      details.refresh(install, relatives);
      if (await followed(as, install, relatives, deletedAt)) {
        return true;
      }
    } catch (error) {
      failed(error);
      return false;
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MILLISECONDS));
  }
  if (as === api) {
    announce(`The members, add-ons and solution of ${id} are not done yet: look again later.`);
  }
  return false;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  apply();
});
for (const radio of form.elements.view) {
  radio.addEventListener("change", apply);
}
form.elements.limit.addEventListener("change", apply);
$("start-over").addEventListener("click", () => {
  form.reset();
  fill({});
  apply();
});
$("next").addEventListener("click", () => turn({ after: page.pageInfo.endCursor }));
$("previous").addEventListener("click", () => turn({ before: page.pageInfo.startCursor }));

session.addEventListener("change", () => {
  api = session.token ? new Api(session.baseUrl, session.token) : null;
  details.close();
  suggest("workspaces", Object.keys(session.user?.roles ?? {}));
  apply();
});
window.addEventListener("hashchange", () => {
  fill(remembered());
  apply();
});
fill(remembered());
session.start();
