// What is asked for, in the page's own address: a reload asks it again, and so does a link to it.

/** Keep the parameters that say something; the address is no new entry of the history. */
export function remember(parameters) {
  const said = Object.entries(parameters).filter(([, value]) => value);
  history.replaceState(null, "", `#${new URLSearchParams(said)}`);
}

/** The parameters that the address holds. */
export function remembered() {
  return Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
}
