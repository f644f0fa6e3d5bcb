/** The German catalogue: one file for each folder of the page. */

import accounts from "./accounts.json";
import config from "./config.json";
import doors from "./doors.json";
import events from "./events.json";
import house from "./house";
import fleet from "./fleet.json";
import frame from "./frame.json";
import housePage from "./housePage.json";
import labels from "./labels.json";
import leaving from "./leaving.json";
import live from "./live.json";
import pages from "./pages.json";
import parts from "./parts.json";
import push from "./push.json";
import reach from "./reach.json";
import relay from "./relay.json";
import setup from "./setup.json";
import timeline from "./timeline.json";
import zones from "./zones.json";

export default { words: { ...accounts, ...config, ...doors, ...events, ...fleet, ...frame, ...housePage, ...labels, ...leaving, ...live, ...pages, ...parts, ...push, ...reach, ...relay, ...setup, ...timeline, ...zones } as Record<string, string>, house };
