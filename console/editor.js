// The filter and the sort as JSON, in step with chips and heads; what is wrong is marked in it.

import { html, useEffect, useLayoutEffect, useRef, useState } from "./html.js";
import { placeOf } from "./place.js";

const PARAMETERS = [
  ["filter", "Filter", 5, '{"memberPolicy": "manual"}'],
  ["orderBy", "Sort", 1, '[{"integration": {"name": "asc"}}]'],
];

/** The editor, with the request as it is sent. */
export function Editor({ address, ask, problem, url }) {
  const [texts, setTexts] = useState({});
  useLayoutEffect(() => setTexts({ filter: pretty(address.filter), orderBy: address.orderBy }), [address.filter, address.orderBy]);
  const syntax = Object.fromEntries(PARAMETERS.map(([name]) => [name, fault(texts[name] ?? "")]));
  const invalid = PARAMETERS.some(([name]) => syntax[name]);
  const submit = (event) => {
    event?.preventDefault();
    if (!invalid) {
      ask(Object.fromEntries(PARAMETERS.map(([name]) => [name, compact(texts[name])])));
    }
  };
  const keys = (event) => event.key === "Enter" && (event.ctrlKey || event.metaKey) && submit();
  return html`<form class="editor" aria-label="The query as JSON" onSubmit=${submit} onKeyDown=${keys}>
    ${PARAMETERS.map(([name, label, rows, example]) => html`<${Field} key=${name} ...${{ name, label, rows, example, text: texts[name] ?? "", syntax: syntax[name] }}
      issues=${problem?.errors.filter(({ parameter }) => parameter === name) ?? []}
      onInput=${(text) => setTexts((before) => ({ ...before, [name]: text }))} />`)}
    <div class="buttons">
      <button class="primary" disabled=${invalid}>Apply</button>
      <span class="quiet">The search is sent as one more condition.</span>
    </div>
    <label class="request">Request <output tabindex="0">GET ${decodeURIComponent(url.replaceAll("+", " "))}</output></label>
  </form>`;
}

function Field({ name, label, rows, example, text, syntax, issues, onInput }) {
  const box = useRef(null);
  const mark = (pointer) => {
    const place = placeOf(box.current.value, pointer ?? "");
    box.current.focus();
    if (place) {
      box.current.setSelectionRange(place.start, place.end);
    }
  };
  useEffect(() => {
    if (issues.length) {
      mark(issues[0].pointer);
    }
  }, [issues[0]]);
  const wrong = syntax !== "" || issues.length > 0;
  return html`<div>
    <label for=${`${name}-json`}>${label}</label>
    <textarea id=${`${name}-json`} ref=${box} rows=${rows} spellcheck=${false} placeholder=${`Such as ${example}`} value=${text} aria-invalid=${wrong}
      aria-describedby=${`${name}-issues`} onInput=${({ target }) => onInput(target.value)}></textarea>
    <div role="alert"><ul id=${`${name}-issues`} class="issues">
      ${syntax && html`<li>${syntax}</li>`}
      ${issues.map((issue) => html`<li key=${issue.pointer}><button type="button" class="place" onClick=${() => mark(issue.pointer)}>${issue.pointer || "all of it"}</button> ${issue.detail}</li>`)}
    </ul></div>
  </div>`;
}

/** Return what makes a text no JSON; empty if nothing does. */
function fault(text) {
  try {
    if (text.trim()) {
      JSON.parse(text);
    }
    return "";
  } catch (error) {
    return `Not JSON: ${error.message}`;
  }
}

function pretty(text) {
  return text && !fault(text) ? JSON.stringify(JSON.parse(text), null, 2) : text;
}

function compact(text) {
  return text.trim() ? JSON.stringify(JSON.parse(text)) : "";
}
