// Errors, shown at their place.

import { $, button, h } from "./dom.js";
import { placeOf } from "./place.js";

const AT = { filter: "filter", orderBy: "order" };
const ADVICE = {
  0: "Is the local stack running, and does the API allow this page's origin?",
  401: "Choose another user or token.",
  422: "Narrow it: by workspace, by integration, or by a date.",
  429: "Wait a moment and try again.",
  503: "Wait a moment and try again.",
};

/** Clear an earlier problem. */
export function clearProblem() {
  $("problem").hidden = true;
  $("problem").replaceChildren();
  for (const at of Object.values(AT)) {
    $(`${at}-problems`).replaceChildren();
  }
  $("filter-json").removeAttribute("aria-invalid");
}

/** Show a problem above the list, and its faults of filter and sort in their panels. */
export function showProblem(problem) {
  clearProblem();
  const { status, title, detail, code, requestId } = problem;
  const about = [status || null, code ?? null, requestId ? `request ${requestId}` : null];
  $("problem").append(
    h("strong", {}, title),
    h("p", {}, detail),
    ...(ADVICE[status] ? [h("p", {}, ADVICE[status])] : []),
    h("p", { className: "hint" }, about.filter((one) => one !== null).join(" · ")),
  );
  $("problem").hidden = false;
  for (const issue of problem.errors) {
    const at = AT[issue.parameter];
    if (at) {
      $(`${at}-panel`).open = true;
      $(`${at}-problems`).append(h("li", {}, place(issue), ` ${issue.detail}`));
    }
  }
  const first = problem.errors.find((issue) => issue.parameter === "filter");
  if (first) {
    $("filter-json").setAttribute("aria-invalid", "true");
    mark(first);
  }
}

function place(issue) {
  const pointer = issue.pointer || "whole value";
  return issue.parameter === "filter"
    ? button(pointer, () => mark(issue), { className: "place", title: "Show the place" })
    : h("code", {}, pointer);
}

function mark(issue) {
  const box = $("filter-json");
  const found = placeOf(box.value, issue.pointer ?? "");
  box.focus();
  if (found) {
    box.setSelectionRange(found.start, found.end);
  }
}
