// What a reader prefers, kept in the browser: never who they are.

const KEPT = "integration-installs-view";
const DEFAULTS = { density: "comfortable", limit: "25", shortcuts: true };

/** Return the preferences. */
export function preferences() {
  try {
    return { ...DEFAULTS, ...JSON.parse(localStorage.getItem(KEPT) ?? "{}") };
  } catch {
    return DEFAULTS;
  }
}

/** Keep changed preferences, and show the density. */
export function prefer(changes) {
  localStorage.setItem(KEPT, JSON.stringify({ ...preferences(), ...changes }));
  showDensity();
}

/** Show the preferred density. */
export function showDensity() {
  document.documentElement.dataset.density = preferences().density;
}
