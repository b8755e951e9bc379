import type { components } from "./schema.js";

type Schemas = components["schemas"];

/** The member of `included` that has the rows of each name of `include`. */
interface Members {
  integration: "integrations";
  integrationVersion: "integrationVersions";
  workspace: "workspaces";
  solution: "solutions";
  parentInstall: "parentInstalls";
  installer: "users";
}

/** The same for one install; the users of a history are its actors. */
interface MembersOfInstall extends Members {
  members: "members";
  addOns: "addOns";
  history: "history" | "users";
}

/** The names that `include` of a list takes. */
export type Include = keyof Members;
/** The names that `include` of one install takes. */
export type InstallInclude = keyof MembersOfInstall;

/** An install, live or in the trash. */
export type Install = Schemas["Install"];

/** A page of installs, its place in the list, and the rows that were asked to be included. */
export type Page<I extends Include = never> = With<Schemas["Page"], Schemas["Included"], Members, I>;

/** One install, and the rows that were asked to be included. */
export type InstallDetails<I extends InstallInclude = never> = With<
  Schemas["InstallDetails"],
  Schemas["IncludedWithInstall"],
  MembersOfInstall,
  I
>;

type With<Answer, Included, Names, I extends keyof Names> = Omit<Answer, "included"> &
  ([I] extends [never] ? unknown : { included: Required<Pick<Included, Names[I] & keyof Included>> });
