export { type Call, type GetCall, InstallsClient, type Options } from "./client.js";
export {
  InstallsError,
  InvalidRequestError,
  type Issue,
  MaybePurgedError,
  type Problem,
  type ErrorCode,
  ProblemError,
  TokenError,
  UnexpectedAnswerError,
  UnreachableError,
} from "./errors.js";
export type { Include, Install, InstallDetails, InstallInclude, Page } from "./included.js";
export type { InstallFilter, InstallSort, ListQuery } from "./query.js";
export type { Retries } from "./retries.js";
export type { components, operations, paths } from "./schema.js";
export type { Token } from "./token.js";
