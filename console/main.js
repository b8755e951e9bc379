// The console: the list and the trash, as a client of the public API alone.

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

/** What the form says, by the names of the list's parameters. */
function asked() {
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

/** Have the form say what the address holds, as far as it can. */
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

/** Read the page at the place that is shown, and tell what `said` makes of it; whether it was read. */
async function load(said) {
  loading.abort();
  loading = new AbortController();
  $("list").ariaBusy = "true";
  const { signal } = loading;
  try {
    if (api === null) {
      throw new Problem({ status: 401, title: "Nobody acts", detail: "The API wants a token." });
    }
    show(await api.list({ ...query, ...place }, signal));
    say(said(page.pageInfo.total));
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

/** Show a page, or that there is none; the focus stays on its button while that is there. */
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

/** Ask anew, from the first page. */
async function apply() {
  clearProblem();
  query = asked();
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

function say(text) {
  $("status").textContent = text;
}

function failed(error) {
  if (!(error instanceof Problem)) {
    throw error;
  }
  say("");
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
  const text = "It goes to the trash, and its members, add-ons and solution with it. It can be restored.";
  if (await confirmed(`Uninstall ${row.id}?`, text, "Uninstall", false)) {
    await change(row, () => api.uninstall(row.id), "Uninstalled");
  }
}

async function restore(row) {
  await change(row, () => api.restore(row.id), "Restored");
}

async function purge(row) {
  const text = "It is deleted for good, with what was uninstalled with it. There is no way back.";
  if (await confirmed(`Purge ${row.id}?`, text, "Purge for good", true)) {
    await change(row, () => api.purge(row.id), "Purged");
  }
}

/** Change an install, and watch what hangs from it follow. */
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
  await load(() => `${done} ${row.id}. What hangs from it follows…`);
  if (await watch(row)) {
    await load(() => `${done} ${row.id}, and what hangs from it.`);
  }
}

/** Poll what hangs from a row that was changed until it has followed; whether it was seen to. */
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
    say(`What hangs from ${id} follows still: look again in a while.`);
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
