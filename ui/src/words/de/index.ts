/** The German catalogue: one file for each folder of the page. */

import frame from "./frame.json";

export default { ...frame } as Record<string, string>;
