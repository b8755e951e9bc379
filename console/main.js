// The start of the console, a client of the public API alone.

import { App } from "./app.js";
import { html, render } from "./html.js";
import { showDensity } from "./preferences.js";
import { Session } from "./session.js";

showDensity();
const session = new Session();
await session.start();
const root = document.getElementById("app");
root.replaceChildren();
render(html`<${App} session=${session} />`, root);
