/** Settings as the house tells them: see ConfigReply in the API's documentation. */

import { ApiError, ask } from "../ask";

export type Kind = "switch" | "whole" | "number" | "text" | "choice" | "texts" | "choices" | "polygon" | "polygons";
export type Value = boolean | number | string | Value[] | null;
export type Path = readonly string[];
export interface KeyInfo {
  name: string;
  kind: Kind;
  choices: string[];
  least: number | null;
  most: number | null;
  limits: string;
  default: Value;
  is_needed: boolean;
  doc: string;
  when: "live" | "restart of the camera" | "restart of the looker" | "restart";
}
export interface SectionInfo {
  pattern: string[];
  doc: string;
  keys: KeyInfo[];
}
export interface ValueNow {
  value: Value;
  source: "default" | "file" | "camera_defaults";
}
export interface Section {
  path: string[];
  pattern: string[];
  values: Record<string, ValueNow>;
}
export interface SecretNow {
  name: string;
  is_set: boolean;
  given: boolean;
}
export interface Mistake {
  key: string;
  line: number;
  text: string;
}
export interface Config {
  file: string;
  mark: string;
  infos: SectionInfo[];
  sections: Section[];
  secrets: SecretNow[];
  mistakes: Mistake[];
}
export interface Changed {
  mark: string;
  lines: string[];
  after_restart: string[];
}
/** A value, or null for back to the default. */
export interface Change {
  path: Path;
  value: Value;
}

export const readConfig = (): Promise<Config> => ask<Config>("GET", "/config");

export const sendChanges = (mark: string, changes: readonly Change[], dry = false): Promise<Changed> =>
  ask<Changed>("POST", "/config", {}, { mark, dry, changes: changes.map(({ path, value }) => (value === null ? { path, reset: true } : { path, value })) });

export const setSecret = (name: string, value: string | null): Promise<SecretNow> => ask<SecretNow>("PUT", `/config/secrets/${encodeURIComponent(name)}`, {}, { value });

/** What is wrong with each key, of a refusal that says so. */
export const mistakesOf = (error: unknown): Mistake[] => (error instanceof ApiError && error.status === 422 ? ((error.more as { mistakes?: Mistake[] }).mistakes ?? []) : []);

export const valueAt = (config: Config, path: Path): ValueNow | undefined =>
  config.sections.find((section) => section.path.length === path.length - 1 && section.path.every((part, at) => part === path[at]))?.values[path.at(-1) ?? ""];

/** Save on top of the file as it is now: for forms whose few keys nobody edits elsewhere meanwhile. */
export async function save(changes: readonly Change[]): Promise<Changed> {
  const { mark } = await readConfig();
  return sendChanges(mark, changes);
}
