// Short messages that go by themselves, with what was done undone by one click.

import { html, useCallback, useEffect, useRef, useState } from "./html.js";

const SECONDS = 10;

/** Use the messages to a caller: `toast` adds one, `drop` removes one. */
export function useToasts(api) {
  const [toasts, setToasts] = useState([]);
  useEffect(() => setToasts([]), [api]);
  const number = useRef(0);
  const toast = useCallback((message) => {
    number.current += 1;
    const id = number.current;
    setToasts((before) => [...before.slice(-2), { id, ...message }]);
  }, []);
  const drop = useCallback((id) => setToasts((before) => before.filter((one) => one.id !== id)), []);
  return { toasts, toast, drop };
}

/** The messages. One waits while the pointer or the focus is on it. */
export function Toasts({ toasts, drop }) {
  return html`<div class="toasts" role="region" aria-label="Messages">
    ${toasts.map((toast) => html`<${Toast} key=${toast.id} toast=${toast} drop=${() => drop(toast.id)} />`)}
  </div>`;
}

function Toast({ toast, drop }) {
  const [held, setHeld] = useState(false);
  useEffect(() => {
    if (held) {
      return undefined;
    }
    const timer = setTimeout(drop, SECONDS * 1000);
    return () => clearTimeout(timer);
  }, [held]);
  const hold = () => setHeld(true);
  const release = () => setHeld(false);
  const undo = () => {
    drop();
    toast.undo();
  };
  return html`<div class="toast" role="status" onMouseEnter=${hold} onMouseLeave=${release} onFocusIn=${hold} onFocusOut=${release}>
    <span>${toast.text}</span>
    ${toast.undo && html`<button type="button" onClick=${undo}>Undo</button>`}
    ${toast.show && html`<button type="button" onClick=${toast.show}>Show</button>`}
    <button type="button" class="icon" aria-label="Dismiss" onClick=${drop}>✕</button>
  </div>`;
}
