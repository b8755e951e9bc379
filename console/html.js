// Preact with htm's templates. No other module names the library (docs/adr/0042).

import htm from "./vendor/htm.mjs";
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "./vendor/hooks.mjs";
import { Fragment, h, render } from "./vendor/preact.mjs";

/** Make nodes of a template; values become text or properties, never HTML. */
export const html = htm.bind(h);

export { Fragment, render, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState };

/** Return a component that a module exports, loaded when it is first shown. */
export function lazy(load, name) {
  let loaded = null;
  return function Lazy(properties) {
    const [component, setComponent] = useState(() => loaded);
    useEffect(() => {
      if (loaded === null) {
        load().then(
          (module) => {
            loaded = module[name];
            setComponent(() => loaded);
          },
          () => setComponent(() => NotLoaded),
        );
      }
    }, []);
    return component === null ? null : h(component, properties);
  };
}

function NotLoaded() {
  return html`<p class="plate" role="alert">This part of the page could not be loaded. Reload the page.</p>`;
}
