// The query in the page's address, so that a reload or a link repeats it.

/** Store the parameters that are not empty, without a new history entry. */
export function remember(parameters) {
  const stored = Object.entries(parameters).filter(([, value]) => value);
  history.replaceState(null, "", `#${new URLSearchParams(stored)}`);
}

/** Return the parameters in the address. */
export function remembered() {
  return Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
}
