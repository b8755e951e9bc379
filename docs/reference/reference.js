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

/** A plugin that fills the port of the local stack into the document's servers, and leads its links
 * to the pages of docs/. */
function withPortOf(stack) {
  const port = stack && new URL(stack.baseUrl).port;
  const filled = (given) => {
    const pages = JSON.stringify(given).replaceAll(/\(docs\/([\w-]+)\.md/g, "(../docs/docs/$1/");
    const document = JSON.parse(pages);
    const local = document?.servers?.find((one) => one.url.includes(ANY_PORT));
    if (port && local) {
      local.variables.port.default = port;
    }
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

/** Keep Swagger UI's own dark mode in step with the system's. */
function followColours() {
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
  dark.addEventListener("change", follow);
  follow();
}

followColours();
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
