// The dialogs: what an uninstall takes with it, a name to type before a purge, a token, the help.

import { countOf, inSum, Summary } from "./consequences.js";
import { counted } from "./fields.js";
import { html, useEffect, useLayoutEffect, useRef, useState } from "./html.js";
import { inWords, nameOf } from "./names.js";
import { prefer, preferences } from "./preferences.js";
import { KEYS } from "./shortcuts.js";

const MOST_COUNTED = 10;

/** The dialog that is open. */
export function Dialogs({ dialog, ...properties }) {
  const kinds = { uninstall: Uninstall, purge: Purge, token: Token, help: Help };
  return html`<${kinds[dialog.kind]} ...${properties} rows=${dialog.rows} />`;
}

/** A native dialog; `answer` is called when its form is sent, and it closes then. It opens as it is
 * rendered, so that the next key is the dialog's. */
function Modal({ title, close, answer, children, isText }) {
  const dialog = useRef(null);
  useLayoutEffect(() => {
    dialog.current.showModal();
    if (isText) {
      dialog.current.focus(); // Its first control is at its end.
    }
  }, []);
  const send = (event) => {
    event.preventDefault();
    dialog.current.close();
    answer?.(Object.fromEntries(new FormData(event.target)));
  };
  return html`<dialog ref=${dialog} aria-labelledby="dialog-title" tabindex="-1" onClose=${close}>
    <form onSubmit=${send} autocomplete="off">
      <h2 id="dialog-title">${title}</h2>
      ${children(() => dialog.current.close())}
    </form>
  </dialog>`;
}

function Uninstall({ rows, api, known, learn, change, close }) {
  const [count, setCount] = useState(null);
  const [problem, setProblem] = useState(null);
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const request = new AbortController();
    setProblem(null);
    const counted = rows.length <= MOST_COUNTED ? rows : [];
    Promise.all(counted.map((row) => countOf(api, row, learn, request.signal))).then(
      (counts) => setCount(inSum(counts, rows)),
      (error) => request.signal.aborted || setProblem(error),
    );
    return () => request.abort();
  }, [turn]);
  const title = rows.length === 1 ? `Uninstall ${inWords(rows[0], known)}?` : `Uninstall ${rows.length} installs?`;
  return html`<${Modal} title=${title} close=${close} answer=${() => change("uninstall", rows)}>
    ${(cancel) => html`
      <${Names} rows=${rows} known=${known} />
      <div class="consequences" aria-live="polite" aria-busy=${count === null && problem === null}>
        ${problem
          ? html`<p class="wrong" role="alert">What goes with it could not be counted: ${problem.message} <button type="button" onClick=${() => setTurn(turn + 1)}>Retry</button></p>`
          : count
            ? html`<${Summary} count=${count} known=${known} />`
            : html`<span class="bone"></span><span class="bone"></span><span class="bone"></span>`}
      </div>
      <${Buttons} cancel=${cancel} text="Uninstall" danger disabled=${count === null && problem === null} />`}
  <//>`;
}

function Purge({ rows, known, change, close }) {
  const wanted = rows.length === 1 ? nameOf(rows[0], known) : counted(rows.length, "install");
  const [typed, setTyped] = useState("");
  const title = rows.length === 1 ? `Delete ${inWords(rows[0], known)} for good?` : `Delete ${wanted} for good?`;
  return html`<${Modal} title=${title} close=${close} answer=${() => change("purge", rows)}>
    ${(cancel) => html`
      <${Names} rows=${rows} known=${known} />
      <p>Everything that the uninstall took goes too: members, add-ons and solution. This cannot be undone.</p>
      <label><span>Type <strong>${wanted}</strong> to confirm</span>
        <input name="name" value=${typed} onInput=${({ target }) => setTyped(target.value)} spellcheck=${false} />
      </label>
      <${Buttons} cancel=${cancel} text="Delete for good" danger disabled=${typed.trim() !== wanted} />`}
  <//>`;
}

function Names({ rows, known }) {
  return rows.length > 1 && html`<ul class="names">${rows.map((row) => html`<li key=${row.id}>${inWords(row, known)}</li>`)}</ul>`;
}

function Buttons({ cancel, text, danger, disabled }) {
  return html`<div class="buttons end">
    <button type="button" onClick=${cancel}>Cancel</button>
    <button class=${danger ? "primary danger" : "primary"} disabled=${disabled}>${text}</button>
  </div>`;
}

function Token({ session, signIn, close }) {
  const use = ({ url, token }) => signIn((one) => one.use(url.trim(), token.trim()));
  return html`<${Modal} title="Sign in with a token" close=${close} answer=${use}>
    ${(cancel) => html`
      <label>Base URL <input name="url" type="url" required defaultValue=${session.suggestedUrl} spellcheck=${false} /></label>
      <label>Token or API key <textarea name="token" rows="4" required spellcheck=${false}></textarea></label>
      <p class="quiet">Kept in this tab only, until it is closed.</p>
      <${Buttons} cancel=${cancel} text="Sign in" />`}
  <//>`;
}

const USES = [
  ["Open", "Choose a name: facts, members, add-ons, and who changed what."],
  ["Several", "Check their boxes. One button then changes them all."],
  ["Undo", "Within ten seconds of an uninstall. Later: Trash, then Restore."],
  ["Who", "The Trash says who uninstalled what; Activity has all changes of an install."],
  ["Share", "The address has the search, the filters, the page and the open install."],
];

function Help({ close }) {
  const [on, setOn] = useState(preferences().shortcuts);
  const toggle = ({ target }) => {
    setOn(target.checked);
    prefer({ shortcuts: target.checked });
  };
  return html`<${Modal} title="Help" close=${close} isText>
    ${() => html`
      <dl class="uses">${USES.map(([name, text]) => html`<div key=${name}><dt>${name}</dt><dd>${text}</dd></div>`)}</dl>
      <h3>Keyboard shortcuts</h3>
      <dl class="keys">${KEYS.map(([key, text]) => html`<div key=${key}><dt><kbd>${key}</kbd></dt><dd>${text}</dd></div>`)}</dl>
      <label class="check"><input type="checkbox" checked=${on} onChange=${toggle} /> Use single keys</label>
      <div class="buttons end"><button class="primary">Close</button></div>`}
  <//>`;
}
