/** The API of leaving: types that match the server's OpenAPI. */

import { ask } from "../ask";

export interface Chatter {
  user_id: number;
  name: string;
  role: string;
  likely: boolean;
}
export interface Resident {
  person: string;
  name: string;
  devices: string[];
  likely: boolean;
}
export interface Ties {
  name: string;
  sessions: number;
  passkeys: number;
  code_app: boolean;
  tokens: string[];
  devices: string[];
  links: number;
  chats: Chatter[];
  residents: Resident[];
  cameras: string[];
  software: string[];
}
export interface Gone {
  name: string;
  left: string[];
  cameras: string[];
  software: string[];
}
export interface Leave {
  user: number | null;
  chats: number[];
  residents: string[];
}

export const leaving = {
  ties: (user: number | null) => ask<Ties>("GET", user === null ? "/access/ties" : `/access/people/${user}/ties`),
  leave: (who: Leave) => ask<Gone>("POST", "/access/leave", {}, who),
};
