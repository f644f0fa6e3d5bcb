/** A house without a camera of its own opens with the set-up, once on each device: then the wall shows the demo street. */

import { go, place } from "../router";
import { welcome } from "./welcome";

const SHOWN = "hearthwatch.setup-shown";

export async function openSetUp(): Promise<void> {
  if (place.peek().path !== "/" || localStorage.getItem(SHOWN)) return;
  const progress = await welcome.progress().catch(() => null);
  if (!progress || progress.has_camera || progress.closed || place.peek().path !== "/") return;
  localStorage.setItem(SHOWN, "yes");
  go("/welcome", true);
}
