// Elements, made without a line of HTML: what comes from rows is text and stays text.

/** The element with an id. */
export const $ = (id) => document.getElementById(id);

/** An element with properties (`data` and `aria` are objects) and children: nodes or texts. */
export function h(tag, { data = {}, aria = {}, ...properties } = {}, ...children) {
  const element = document.createElement(tag);
  Object.assign(element, properties);
  Object.assign(element.dataset, data);
  for (const [name, value] of Object.entries(aria)) {
    element.setAttribute(`aria-${name}`, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** A button that does something. */
export function button(text, onclick, properties = {}) {
  return h("button", { type: "button", onclick, ...properties }, text);
}

/** A list to choose from: [value, text] pairs. */
export function select(options, chosen, properties = {}) {
  const made = h("select", properties, ...options.map(([value, text]) => new Option(text, value)));
  made.value = chosen;
  return made;
}

/** A moment of the API (RFC 3339, UTC) as a person reads it, to the minute, in UTC. */
export function moment(text) {
  return text === null
    ? "–"
    : h("time", { dateTime: text, title: text }, text.slice(0, 16).replace("T", " "));
}

/** Ask in the native dialog; return true if the answer was yes. */
export function confirmed(title, text, yes, danger) {
  const dialog = $("confirm");
  $("confirm-title").textContent = title;
  $("confirm-text").textContent = text;
  $("confirm-yes").textContent = yes;
  $("confirm-yes").className = danger ? "danger" : "primary";
  return answered(dialog);
}

let settle = () => {};

/** Show a dialog; return true if it was closed with yes. Escape is a no. */
export function answered(dialog) {
  settle(false); // one that was closed just now, and has yet to be told so
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    settle = resolve;
    dialog.onclose = () => dialog.open || resolve(dialog.returnValue === "yes");
  });
}
