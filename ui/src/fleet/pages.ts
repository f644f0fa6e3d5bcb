/** All pages of the fleet in one script: whoever sees one of them sees the others. */

import "./fleet.css";
import { Away } from "./Away";
import { HouseBar } from "./HouseBar";
import { MachinePage } from "./MachinePage";
import { SiteRoles } from "./SiteRoles";
import { SitesPage } from "./SitesPage";

export default { AwayPage: Away, HouseBar, MachinePage, SiteRoles, SitesPage };
