/** The German catalogue: one file for each folder of the page. */

import accounts from "./accounts.json";
import events from "./events.json";
import frame from "./frame.json";
import labels from "./labels.json";
import leaving from "./leaving.json";
import live from "./live.json";
import pages from "./pages.json";
import parts from "./parts.json";
import setup from "./setup.json";
import timeline from "./timeline.json";

export default { ...accounts, ...events, ...frame, ...labels, ...leaving, ...live, ...pages, ...parts, ...setup, ...timeline } as Record<string, string>;
