/** A house without a camera of its own opens with the set-up, until the owner has closed that. */

import { go, place } from "../router";
import { welcome } from "./welcome";

export async function openSetUp(): Promise<void> {
  if (place.peek().path !== "/") return;
  const progress = await welcome.progress().catch(() => null);
  if (progress && !progress.has_camera && !progress.closed && place.peek().path === "/") go("/welcome", true);
}
