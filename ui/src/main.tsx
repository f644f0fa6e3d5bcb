/** The page: who is asking, where they are, and the frame around it. */

import "./words/ready";
import "@fontsource-variable/inter/wght.css";
import "./styles/index.css";
import { effect } from "@preact/signals";
import { type ComponentChildren, type ComponentType, render } from "preact";
import { useEffect } from "preact/hooks";
import { proving } from "./accounts/proving";
import { AskDialog } from "./doors/AskDialog";
import { AuditPage } from "./doors/AuditPage";
import { CopiesPage } from "./doors/CopiesPage";
import { DoorPage } from "./doors/DoorPage";
import { LoginsPage } from "./doors/LoginsPage";
import { LogsPage } from "./doors/LogsPage";
import { isDoors } from "./doors/Tabs";
import { TrailPage } from "./doors/TrailPage";
import { AlertsPage } from "./pages/AlertsPage";
import { CameraPage } from "./pages/CameraPage";
import { CamerasPage } from "./pages/CamerasPage";
import { DocsPage } from "./pages/DocsPage";
import { Enter } from "./pages/Enter";
import { EventPage } from "./pages/EventPage";
import { EventsPage } from "./pages/EventsPage";
import { SettingsPage } from "./pages/SettingsPage";
import { WallPage } from "./pages/WallPage";
import { ArmingButton, ArmingSheet } from "./parts/Arming";
import { Empty } from "./parts/bits";
import * as icons from "./parts/icons";
import { Lazy } from "./parts/Lazy";
import { lookForNews } from "./push/worker";
import { follow, place } from "./router";
import { openSetUp } from "./setup/first";
import { connected, house, isOwner, outages, recent, session, unreachable, unseenLogins, whoAmI } from "./store";
import { theme } from "./theme";
import { t } from "./words";

const PLACES: { path: string; name: string; icon: () => ComponentChildren }[] = [
  { path: "/", name: "Wall", icon: () => <icons.Wall /> },
  { path: "/timeline", name: "Timeline", icon: () => <icons.Time /> },
  { path: "/events", name: "Events", icon: () => <icons.Walk /> },
  { path: "/logins", name: "Doors", icon: () => <icons.Door /> },
  { path: "/cameras", name: "Cameras", icon: () => <icons.Camera /> },
  { path: "/alerts", name: "Alerts", icon: () => <icons.Bell /> },
  { path: "/house", name: "House", icon: () => <icons.Home /> },
  { path: "/settings", name: "Settings", icon: () => <icons.Gear /> },
];

const ACCOUNTS: Record<string, { title: string; load: () => Promise<{ default: ComponentType }> }> = {
  account: { title: "Your account", load: () => import("./accounts/OwnPage") },
  people: { title: "People with access", load: () => import("./accounts/PeoplePage") },
  programs: { title: "Programs", load: () => import("./accounts/ProgramsPage") },
  trail: { title: "Who did what", load: () => import("./accounts/TrailPage") },
};

function page(path: string): [string, ComponentChildren] {
  const [first = "", second, third] = path.split("/").slice(1);
  const id = second ? decodeURIComponent(second) : "";
  if (path === "/") return ["Wall", <WallPage />];
  if (first === "timeline") return ["Timeline", <Lazy load={() => import("./timeline/TimelinePage")} key="timeline" />];
  if (first === "events") return id ? ["Event", <EventPage id={id} />] : ["Events", <EventsPage />];
  if (first === "logins") return ["Log-ins", <LoginsPage />];
  if (first === "audit") return ["Audit", <AuditPage />];
  if (first === "copies") return ["Settings of the cameras", <CopiesPage />];
  if (first === "logs") return ["Camera logs", <LogsPage />];
  if (first === "done") return ["What was done", <TrailPage />];
  if (path === "/cameras/add") return ["Add a camera", <Lazy load={() => import("./setup/AddCamera")} key="add" />];
  if (first === "cameras" && id && third === "zones") return ["Zones", <Lazy load={() => import("./zones/ZonesPage")} key={`zones ${id}`} />];
  if (first === "cameras" && id && third === "door") return ["Door", <DoorPage id={id} key={id} />];
  if (first === "cameras") return id ? ["Camera", <CameraPage id={id} key={id} />] : ["Cameras", <CamerasPage />];
  if (first === "alerts") return ["Alerts", <AlertsPage />];
  if (first === "house") return ["House", <Lazy load={() => import("./house/HousePage")} key="house" />];
  if (path === "/settings/all") return ["All settings", <Lazy load={() => import("./config/ConfigPage")} key="settings" />];
  const accounts = first === "settings" ? ACCOUNTS[id] : undefined;
  if (accounts) return [accounts.title, <Lazy load={accounts.load} key={path} />];
  if (first === "settings") return ["Settings", <SettingsPage />];
  if (first === "welcome") return ["Set-up", <Lazy load={() => import("./setup/Wizard")} key="welcome" />];
  if (first === "docs") return ["API", <DocsPage />];
  return [
    "Nothing here",
    <Empty icon={<icons.Hearth size={40} />} title="There is nothing here">
      <a href="/">Back to the wall</a>
    </Empty>,
  ];
}

function isHere(to: string, path: string): boolean {
  if (to === "/") return path === "/";
  if (to === "/logins") return isDoors(path);
  return path.startsWith(to);
}

function Shell() {
  const { path } = place.value;
  const [title, content] = page(path);
  const unseen = recent.value.filter((event) => !event.reviewed).length;
  const broken = outages.value.filter((outage) => outage.end_us === null && outage.fault !== "detector-basic").length;
  useEffect(() => {
    document.title = `${title} · ${house.value?.name || "Hearthwatch"}`;
  }, [title, house.value?.name]);
  const light = theme.value === "light" || (theme.value === "system" && matchMedia("(prefers-color-scheme: light)").matches);
  return (
    <div class="shell">
      <a class="skip" href="#content">
        To the content
      </a>
      <nav class="rail" aria-label="Main">
        <a class="rail-mark" href="/" aria-label="Hearthwatch">
          <icons.Hearth />
        </a>
        {PLACES.map(({ path: to, name, icon }) => (
          <a key={to} class={`rail-link ${to === "/house" ? "is-roomy" : ""}`} href={to} aria-current={isHere(to, path) ? "page" : undefined}>
            <span class="rail-icon">
              {icon()}
              {to === "/events" && unseen ? <i class="badge" aria-label={`${unseen} new`} /> : null}
              {to === "/logins" && unseenLogins.value.length ? <i class="badge is-bad" aria-label={`${unseenLogins.value.length} foreign`} /> : null}
              {to === "/cameras" && broken ? <i class="badge is-bad" aria-label={`${broken} with trouble`} /> : null}
            </span>
            <span>{name}</span>
          </a>
        ))}
        <span class="spacer" />
        <ArmingButton />
        <button class="rail-link is-theme" type="button" onClick={() => (theme.value = light ? "dark" : "light")} aria-label={light ? "Switch to dark" : "Switch to light"}>
          <span class="rail-icon">{light ? <icons.Moon /> : <icons.Sun />}</span>
        </button>
      </nav>
      <main id="content" tabIndex={-1}>
        {connected.value ? null : (
          <p class="banner" role="status">
            {t("Hearthwatch does not answer. Trying again…")}
          </p>
        )}
        {content}
      </main>
      {proving.value ? <Lazy load={() => import("./accounts/ProofDialog")} /> : null}
      <AskDialog />
      <ArmingSheet />
    </div>
  );
}

function App() {
  if (session.value === null) {
    return unreachable.value ? (
      <main class="enter">
        <Empty icon={<icons.Hearth size={44} />} title="Hearthwatch does not answer">
          Trying again… Is the machine on, and are you in its network?
        </Empty>
      </main>
    ) : null;
  }
  return session.value.user ? <Shell /> : <Enter />;
}

document.addEventListener("click", follow);
effect(() => {
  if (connected.value) lookForNews();
});
effect(() => {
  if (isOwner.value) void openSetUp();
});
const root = document.getElementById("app");
if (root) render(<App />, root);
void whoAmI();
