// A filter as conditions, AND-ed: each is a chip. The filter's JSON stays the only truth.

import { LABELS, POLICIES, RETENTION } from "./fields.js";
import { preferences } from "./preferences.js";
import { exact } from "./times.js";

const PATHS = {
  "integration.name": "Integration name",
  "solution.name": "Solution name",
  "workspace.name": "Workspace name",
  "installer.name": "Installer name",
  ...LABELS,
};

/** Conditions that have words of their own. */
export const PHRASES = [
  ["Is an add-on", { parentInstallId: { isNull: false } }],
  ["Is not an add-on", { parentInstallId: { isNull: true } }],
  ["Was upgraded", { lastUpgradedAt: { isNull: false } }],
  ["Was never upgraded", { lastUpgradedAt: { isNull: true } }],
  ["Has an enabled member", { members: { some: { enabled: true } } }],
  ["Has no enabled member", { members: { none: { enabled: true } } }],
  ["Has a live add-on", { addOns: { some: { deletedAt: { isNull: true } } } }],
];

const OPERATORS = {
  eq: "is",
  eqi: "is",
  neq: "is not",
  in: "is one of",
  nin: "is none of",
  lt: "before",
  lte: "until",
  gt: "after",
  gte: "from",
  contains: "contains",
  containsi: "contains",
  startsWith: "starts with",
  startsWithi: "starts with",
  endsWith: "ends with",
  endsWithi: "ends with",
};

/** The words for values of enums. */
const VALUES = { memberPolicy: POLICIES, retentionTier: RETENTION };

const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

/** Return the conditions of a filter's text; null if it is not a JSON object. */
export function conditionsOf(text) {
  try {
    const filter = text.trim() ? JSON.parse(text) : {};
    return isObject(filter) ? flattened(filter) : null;
  } catch {
    return null;
  }
}

function flattened(filter) {
  return Object.entries(filter).flatMap(([key, value]) =>
    key.toUpperCase() === "AND" && Array.isArray(value) && value.every(isObject)
      ? value.flatMap(flattened)
      : [{ [key]: value }],
  );
}

/** Return the filter of conditions as text; empty without any. */
export function filterOf(conditions) {
  if (conditions.length === 0) {
    return "";
  }
  return JSON.stringify(conditions.length === 1 ? conditions[0] : { AND: conditions });
}

/** Return a condition in words; its JSON where there are none. */
export function describe(condition) {
  const json = JSON.stringify(condition);
  const phrase = PHRASES.find(([, filter]) => JSON.stringify(filter) === json);
  if (phrase) {
    return phrase[0];
  }
  const path = [];
  let value = condition;
  while (isObject(value) && Object.keys(value).length === 1 && !OPERATORS[Object.keys(value)[0]]) {
    const [key] = Object.keys(value);
    path.push(key);
    value = value[key];
  }
  const label = PATHS[path.join(".")];
  const operators = isObject(value) ? Object.entries(value) : [["eq", value]];
  if (!label || operators.length !== 1 || !OPERATORS[operators[0][0]]) {
    return json;
  }
  const [[operator, operand]] = operators;
  const words = VALUES[path.join(".")] ?? {};
  return `${label} ${OPERATORS[operator]} ${Array.isArray(operand) ? operand.map((one) => words[one] ?? one).join(", ") : (words[operand] ?? shown(operand))}`;
}

function shown(operand) {
  if (typeof operand === "string" && /^\d{4}-\d\d-\d\dT/.test(operand) && !Number.isNaN(Date.parse(operand))) {
    return exact(operand).replace(/, (12:00:00.AM|0?0:00:00)$/, "");
  }
  return String(operand);
}

/** Return the condition that a search means: a part of a name, or a whole id. */
export function searchCondition(text) {
  const names = ["integration", "solution", "workspace"];
  const parts = names.map((relation) => ({ [relation]: { name: { containsi: text } } }));
  return { OR: [...parts, ...(/^[\w-]{1,128}$/.test(text) ? [{ id: text }] : [])] };
}

/** Return the parameters of an address's list. A filter that is not JSON is sent as it is: the API
 * says what is wrong with it. */
export function parametersOf(address) {
  const { include_deleted, q, workspace_id, integration_id, filter, orderBy, limit, after, before } = address;
  const conditions = conditionsOf(filter);
  const text = q.trim();
  return {
    include_deleted: include_deleted || "false",
    workspace_id,
    integration_id,
    filter: text && conditions ? filterOf([...conditions, searchCondition(text)]) : filter,
    orderBy: orderBy || (include_deleted ? '[{"deletedAt":"desc"}]' : ""),
    limit: limit || preferences().limit,
    after,
    before,
  };
}
