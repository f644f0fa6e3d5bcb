/** The API of accounts: types that match the server's OpenAPI, and one function for each call. */

import { ask } from "../ask";
import type { Session } from "../api";

export interface Passkey {
  id: number;
  name: string;
  site: string;
  created_us: number;
  used_us: number | null;
}
export interface Own {
  name: string;
  role: Role;
  cameras: string[] | null;
  totp: boolean;
  recovery_left: number;
  passkeys: Passkey[];
  why_no_passkey: string;
  at_home: boolean;
  fresh: boolean;
}
export type Role = "owner" | "member" | "viewer";
export interface Account {
  id: number;
  name: string;
  role: Role;
  cameras: string[] | null;
  totp: boolean;
  passkeys: number;
  sessions: number;
  last_us: number | null;
}
export interface Rights {
  role: Role;
  cameras: string[] | null;
}
export interface OpenSession {
  id: string;
  user: string;
  created_us: number;
  used_us: number;
  address: string;
  at_home: boolean;
  browser: string;
  factor: string;
  own: boolean;
}
export interface Token {
  id: string;
  name: string;
  user: string;
  scopes: string[];
  cameras: string[] | null;
  created_us: number;
  expires_us: number | null;
  used_us: number | null;
  used_from: string;
}
export interface Deed {
  number: number;
  at_us: number;
  who: string;
  via: string;
  address: string;
  deed: string;
  camera: string | null;
  subject: string;
}
export interface Deeds {
  deeds: Deed[];
  more: boolean;
}
export interface Enrolment {
  secret: string;
  qr_size: number;
  qr_path: string;
}
export interface Asked {
  challenge: string;
  options: string;
}

export const access = {
  own: () => ask<Own>("GET", "/own"),
  proof: (proof: { password?: string; code?: string; challenge?: string; credential?: string }) => ask<Session>("POST", "/own/proof", {}, proof),
  setPassword: (password: string) => ask<Session>("POST", "/own/password", {}, { password }),
  beginTotp: () => ask<Enrolment>("POST", "/own/totp"),
  confirmTotp: (code: string) => ask<{ codes: string[]; session: Session }>("POST", "/own/totp/confirm", {}, { code }),
  removeTotp: () => ask<Session>("DELETE", "/own/totp"),
  renewCodes: () => ask<{ codes: string[] }>("POST", "/own/recovery-codes"),
  askPasskey: () => ask<Asked>("POST", "/own/passkeys/ask"),
  addPasskey: (name: string, challenge: string, credential: string) => ask<Session>("POST", "/own/passkeys", {}, { name, challenge, credential }),
  removePasskey: (id: number) => ask<void>("DELETE", `/own/passkeys/${id}`),
  ownSessions: () => ask<OpenSession[]>("GET", "/own/sessions"),
  endOwnSession: (id: string) => ask<void>("DELETE", `/own/sessions/${id}`),
  endOwnOthers: () => ask<{ ended: number }>("POST", "/own/sessions/end-others"),
  people: () => ask<Account[]>("GET", "/access/people"),
  addPerson: (person: Rights & { name: string; password: string }) => ask<Account>("POST", "/access/people", {}, person),
  setRights: (id: number, rights: Rights) => ask<Account>("PUT", `/access/people/${id}/rights`, {}, rights),
  givePassword: (id: number, password: string) => ask<void>("POST", `/access/people/${id}/password`, {}, { password }),
  removeFactors: (id: number) => ask<void>("DELETE", `/access/people/${id}/factors`),
  sessions: () => ask<OpenSession[]>("GET", "/access/sessions"),
  endSession: (id: string) => ask<void>("DELETE", `/access/sessions/${id}`),
  endOthers: () => ask<{ ended: number }>("POST", "/access/sessions/end-others"),
  tokens: () => ask<Token[]>("GET", "/access/tokens"),
  addToken: (token: { name: string; scopes: string[]; cameras: string[] | null; days: number | null }) =>
    ask<{ token: Token; word: string }>("POST", "/access/tokens", {}, token),
  removeToken: (id: string) => ask<void>("DELETE", `/access/tokens/${id}`),
  trail: (query: { before?: number; camera?: string; who?: string }) => ask<Deeds>("GET", "/access/trail", query),
  checkTrail: () => ask<{ broken_at: number | null }>("GET", "/access/trail/check"),
};

/** The way in. */
export const entry = {
  second: (key: string, code: string) => ask<Session>("POST", "/login/second", {}, { key, code }),
  askPasskey: () => ask<Asked>("POST", "/login/passkey/ask"),
  passkey: (challenge: string, credential: string) => ask<Session>("POST", "/login/passkey", {}, { challenge, credential }),
};
