/** What the house itself says: `page.json` what its page reads most, the others by the rooms that say it. */

import cameras from "./cameras.json";
import keeping from "./keeping.json";
import page from "./page.json";
import running from "./running.json";

export default { ...cameras, ...keeping, ...page, ...running } as Record<string, string>;
