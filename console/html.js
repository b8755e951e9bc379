// Preact with htm's templates. No other module names the library (docs/adr/0042).

import htm from "./vendor/htm.mjs";
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "./vendor/hooks.mjs";
import { Fragment, h, render } from "./vendor/preact.mjs";

/** Make nodes of a template; values become text or properties, never HTML. */
export const html = htm.bind(h);

export { Fragment, render, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState };

const loads = [];
const awaited = new Set();

/** Return a component that a module exports, loaded when it is first shown or by `loadLater`. */
export function lazy(load, name) {
  let loaded = null;
  const component = () => load().then((module) => (loaded = module[name]));
  function Lazy(properties) {
    const [shown, setShown] = useState(() => loaded);
    useLayoutEffect(() => {
      if (shown !== null) {
        return undefined;
      }
      const wait = {};
      awaited.add(wait);
      component().then(
        (it) => setShown(() => it),
        () => setShown(() => NotLoaded),
      );
      return () => awaited.delete(wait);
    }, [shown]);
    return shown === null ? null : h(shown, properties);
  }
  loads.push(component);
  return Lazy;
}

/** Load every lazy component while the page is idle, so that it is there when it is shown. */
export function loadLater() {
  const idle = window.requestIdleCallback ?? ((work) => setTimeout(work, 200));
  idle(() => loads.forEach((load) => load().catch(() => {})));
}

/** Return true while a component that is to be shown is still loaded: keys are meant for it. */
export const isAwaited = () => awaited.size > 0;

function NotLoaded() {
  return html`<p class="plate" role="alert">This part of the page could not be loaded. Reload the page.</p>`;
}
