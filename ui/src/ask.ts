/** One request to the house, and what a refusal says. */
import { houseOf } from "./base";
import { t } from "./words";
import { told } from "./words/told";

/** What a refusal carries (problem details, RFC 9457). */
interface Problem {
  detail: string;
  hint: string;
  wanted?: string;
}

/** A refusal or failure with what to do about it. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly hint: string,
    /** All that the refusal says. */
    readonly more: unknown = {},
  ) {
    super(message);
  }
}

let token = "none";
let onLoggedOut: () => void = () => undefined;

export function useToken(next: string | null): void {
  token = next ?? "none";
}
export function whenLoggedOut(call: () => void): void {
  onLoggedOut = call;
}

let prove: () => Promise<boolean> = () => Promise.resolve(false);
let renew: () => Promise<boolean> = () => Promise.resolve(false);

/** `call` has the person show once more that it is them; what was refused for that is then tried again. */
export function whenProofIsWanted(call: () => Promise<boolean>): void {
  prove = call;
}
/** `call` reads the token anew, which another window of this browser changed. */
export function whenTokenIsOld(call: () => Promise<boolean>): void {
  renew = call;
}

type One = string | number | boolean | null | undefined;
type Query = Record<string, One | readonly string[]>;

/** What is empty is left out; a list is given item by item. */
export function address(path: string, query: Query = {}): string {
  const given = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? (value as readonly string[]) : [value as One]) {
      if (one !== null && one !== undefined && one !== "") given.append(key, String(one));
    }
  }
  return `${houseOf(path)}/api/v1${path}${given.size ? `?${given.toString()}` : ""}`;
}

export async function ask<T>(method: string, path: string, query: Query = {}, body?: unknown): Promise<T> {
  const init: RequestInit = { method, credentials: "same-origin", headers: {} };
  if (method !== "GET") {
    const bare = body instanceof Blob;
    init.headers = { "Content-Type": bare ? "application/octet-stream" : "application/json", "X-Hearthwatch-Token": token };
    init.body = bare ? body : JSON.stringify(body ?? {});
  }
  let answer: Response;
  try {
    answer = await fetch(address(path, query), init);
  } catch {
    throw new ApiError(0, t("Hearthwatch does not answer."), t("Is the machine on, and are you in its network?"));
  }
  if (answer.status === 401 && !path.startsWith("/login")) onLoggedOut();
  if (!answer.ok) {
    const problem = (await answer.json().catch(() => ({}))) as Partial<Problem>;
    if (problem.wanted === "proof" && path !== "/own/proof" && (await prove())) return ask(method, path, query, body);
    if (problem.wanted === "token" && (await renew())) return ask(method, path, query, body);
    throw new ApiError(answer.status, told(problem.detail ?? "") || t("The server answered {status}.", { status: answer.status }), told(problem.hint ?? ""), problem);
  }
  return (answer.status === 204 ? undefined : await answer.json()) as T;
}
