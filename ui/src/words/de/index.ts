/** The German catalogue: one file for each folder of the page. */

import accounts from "./accounts.json";
import frame from "./frame.json";
import labels from "./labels.json";
import leaving from "./leaving.json";
import parts from "./parts.json";
import setup from "./setup.json";

export default { ...accounts, ...frame, ...labels, ...leaving, ...parts, ...setup } as Record<string, string>;
