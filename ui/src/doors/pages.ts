/** What is behind the doors, in one script that is fetched when somebody looks: the first one stays small. */

import { AuditPage } from "./AuditPage";
import { CopiesPage } from "./CopiesPage";
import { LogsPage } from "./LogsPage";
import { TrailPage } from "./TrailPage";

export default { AuditPage, CopiesPage, LogsPage, TrailPage };
