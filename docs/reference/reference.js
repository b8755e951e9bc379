// The reference page: openapi.yaml in Swagger UI, with the local stack's URL and users if it serves the page.

const ANY_PORT = "{port}";

/** Load the settings of the local stack; null if another server serves the page. */
async function localStack() {
  try {
    const answer = await fetch("../stack.json");
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

/** A plugin that fits the document to this page: the local stack's port, links to the pages of docs/,
 * and JSON in a parameter as text, for which Swagger UI would want a file. */
function withPortOf(stack) {
  const port = stack && new URL(stack.baseUrl).port;
  const filled = (given) => {
    const pages = JSON.stringify(given).replaceAll(/\(docs\/([\w-]+)\.md/g, "(../docs/docs/$1/");
    const document = JSON.parse(pages, (name, value) => (name === "contentMediaType" || name === "contentSchema" ? undefined : value));
    const local = document?.servers?.find((one) => one.url.includes(ANY_PORT));
    if (port && local) {
      local.variables.port.default = port;
    }
    operations(document).forEach(({ parameters = [] }) => parameters.forEach(withoutGuess));
    return document;
  };
  return {
    statePlugins: {
      spec: {
        wrapActions: {
          updateJsonSpec: (go) => (document) => go(filled(document)),
        },
      },
    },
  };
}

function operations({ paths = {} }) {
  return Object.values(paths).flatMap(Object.values);
}

/** Leave an optional parameter empty at first: its example would narrow the first list. */
function withoutGuess(parameter) {
  if (!parameter.required) {
    delete parameter.example;
  }
}

/** A plugin that keeps the documented responses short: one line for each error. */
function withShortResponses({ React }) {
  const short = (Response) => (properties) => {
    const { code, response } = properties;
    if (code.startsWith("2")) {
      return React.createElement(Response, properties);
    }
    const cell = (content, className) => React.createElement("td", { className }, content);
    const text = response.get("description").replace(/^A problem: /, "");
    return React.createElement("tr", { className: "response short" }, cell(code, "response-col_status"), cell(text), cell(""));
  };
  return { wrapComponents: { response: short } };
}

/** Sign in a user of the local stack, at first an admin of a workspace; requests carry the token. */
function offerUsers(ui, stack) {
  const select = document.getElementById("user");
  select.append(new Option("Not signed in", ""));
  for (const user of stack.users) {
    select.append(new Option(`${user.name} (${user.id})`, user.id));
  }
  select.addEventListener("change", () => {
    const chosen = stack.users.find((user) => user.id === select.value);
    if (chosen) {
      ui.preauthorizeApiKey("bearer", chosen.token);
    } else {
      ui.authActions.logout(["bearer"]);
    }
  });
  const admin = stack.users.find((user) => Object.values(user.roles).includes("admin"));
  select.value = admin?.id ?? "";
  select.dispatchEvent(new Event("change"));
  document.getElementById("acting").hidden = false;
}

const LABELS = { "#servers": "Server", "[data-variable]": "Server variable" };

/** Name the controls that Swagger UI leaves without a name, and let keys reach what scrolls. */
function nameControls() {
  for (const [selector, label] of Object.entries(LABELS)) {
    document.querySelectorAll(`${selector}:not([aria-label])`).forEach((control) => control.setAttribute("aria-label", label));
  }
  document.querySelectorAll("[data-param-name] :is(input, select):not([aria-label])").forEach((control) => {
    const { paramName } = control.closest("[data-param-name]").dataset;
    const isExample = control.classList.contains("examples-select-element");
    control.setAttribute("aria-label", isExample ? `Examples of ${paramName}` : paramName);
  });
  document.querySelectorAll("pre:not([tabindex])").forEach((block) => block.setAttribute("tabindex", "0"));
}

/** Keep Swagger UI's own dark mode in step with the system's. */
function followColours() {
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
  dark.addEventListener("change", follow);
  follow();
}

followColours();
new MutationObserver(nameControls).observe(document.getElementById("reference"), { childList: true, subtree: true });
const stack = await localStack();
const ui = window.SwaggerUIBundle({
  url: "openapi.yaml",
  dom_id: "#reference",
  deepLinking: true,
  defaultModelsExpandDepth: -1,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  validatorUrl: null,
  plugins: [withPortOf(stack), withShortResponses],
  onComplete: () => stack && offerUsers(ui, stack),
});
